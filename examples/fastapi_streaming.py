"""A FastAPI endpoint that streams: the run ends when the response has been sent, not when the endpoint returns.

Needs `pip install fastapi httpx`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from httpx import ASGITransport, AsyncClient
from ldai import AICompletionConfig
from ldclient import Context
from openai import AsyncOpenAI

from ldtrack import configure, inject, track_stream, tracked, use_context
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"support-chat": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}

app = FastAPI()


@tracked("support-chat")
async def answer(question: str, config: AICompletionConfig = inject()) -> AsyncIterator[str]:
    """Stream the text of an answer as server-sent events."""
    async with AsyncOpenAI() as client, track_stream() as tracking:
        response = await client.chat.completions.create(
            model=config.model.name if config.model else "gpt-4o-mini",
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async with tracking.wrap(response) as stream:
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    yield f"data: {chunk.choices[0].delta.content}\n\n"


@app.get("/answer")
async def endpoint(question: str, user: str) -> StreamingResponse:
    """Answer one user. The context of the moment of the call goes with the stream."""
    with use_context(Context.create(user)):
        return StreamingResponse(answer(question), media_type="text/event-stream")


async def browse() -> None:
    """Send one request to the app, in this process."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://example") as browser:
        response = await browser.get("/answer", params={"question": "Is a helmet included?", "user": "ada"})
        print(response.text.count("data: "), "events were sent")


def main() -> None:
    """Send the request, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        asyncio.run(browse())
        for run in local.runs():
            first = f"first token after {run.time_to_first_token_ms} ms"
            print(f"{run.context.key}: {run.outcome} in {run.duration_ms} ms, {first}, tokens: {run.total_tokens}")


if __name__ == "__main__":
    main()
