"""Makes calls until it has all of them or is killed: `killed_caller.py FOLDER BASE_URL CALLS CONCURRENCY`."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from mensrea.models.caller import Caller
from mensrea.models.calls import Request
from mensrea.models.journal import Journal
from mensrea.models.openai_endpoint import OpenAIEndpoint

MODEL = "openai/local-model"


async def main(folder: Path, base_url: str, calls: int, concurrency: int) -> None:
    questions = ([{"role": "user", "content": f"Question {number}?"}] for number in range(calls))
    requests = [Request(MODEL, messages, {"max_tokens": 30}) for messages in questions]
    with Journal.open(folder) as journal:
        transports = {MODEL: OpenAIEndpoint(base_url)}
        async with Caller(journal, transports, concurrency=concurrency) as caller:
            await asyncio.gather(*map(caller.call, requests))
    sys.stdout.write(json.dumps(asdict(caller.counters)))


asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
