"""All that the tests of the pages need of the suite, so that they also run with the packages that pages need."""

from clean_slate import clean_slate

__all__ = ["clean_slate"]
