"""The emulator, with an eye on who may do what: each decision of its access control is a line in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ministack.app import main
from ministack.core import iam_evaluator


def _watch(path: Path) -> None:
    enforce, resolve = iam_evaluator.enforce, iam_evaluator.resolve_caller_identity

    def watched(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, object] | None = None,
    ) -> object:
        denied = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        who = (resolve(access_key_id) or {}).get("userArn", "")
        line = {"key": access_key_id, "who": who, "action": iam_action, "on": resource_arn, "is_denied": bool(denied)}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return denied

    iam_evaluator.enforce = watched


if __name__ == "__main__":
    _watch(Path(os.environ["EMULATOR_DECISIONS"]))
    main()
