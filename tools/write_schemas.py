"""Write the JSON schemas of the documents into docs/schema, from the records that make them.

.venv/bin/python tools/write_schemas.py
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pydantic import BaseModel

from unmask.core.analysis import ANALYSIS_SCHEMA, SCAN_SCHEMA, Analysis
from unmask.core.scan import Scan
from unmask.evaluation.report import EVALUATION_SCHEMA, Evaluation
from unmask.evidence.provenance import PROVENANCE_SCHEMA, Provenance

TARGET = Path(__file__).parents[1] / "docs" / "schema"
DOCUMENTS: dict[str, type[BaseModel]] = {
    ANALYSIS_SCHEMA: Analysis,
    SCAN_SCHEMA: Scan,
    EVALUATION_SCHEMA: Evaluation,
    PROVENANCE_SCHEMA: Provenance,
}


def file_name(schema: str) -> str:
    """``unmask.analysis/1`` → ``unmask.analysis-1.json``."""
    return schema.replace("/", "-") + ".json"


def schema_text(schema: str) -> str:
    """The JSON schema (draft 2020-12) of one kind of document."""
    record = DOCUMENTS[schema]
    body = record.model_json_schema(by_alias=True, mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    # Documents of older versions lack keys that came later, and are of the same schema: these have
    # defaults. So has the schema's own name, which stands in each.
    whole = {**head, **body, "title": schema, "required": ["schema", *body["required"]]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every schema."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    for schema in DOCUMENTS:
        (TARGET / file_name(schema)).write_text(schema_text(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
