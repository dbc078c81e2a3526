"""A model's provenance as an in-toto statement, for tools that judge supply chains."""

from collections.abc import Iterator
from typing import Any

from marquee.artifacts import files_below, sha256_file
from marquee.provenance.trace import Trace

_BUILD_TYPE = "https://dvc.org/doc/user-guide/project-structure/dvcyaml-files"


def statement(trace: Trace) -> dict[str, Any]:
    """Return the in-toto Statement v1 with a SLSA provenance v1 predicate.

    https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md,
    https://slsa.dev/spec/v1.0/provenance. Subjects are the model's files; what it was made from are
    resolved dependencies: the commit, the lock files, the snapshot's parts, the libraries as they
    are pinned for this platform, one that is installed in another version saying so.
    """
    maker = trace.lineage[-1]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {
                "name": f"{trace.model.path}/{file.relative_to(trace.folder).as_posix()}",
                "digest": {"sha256": sha256_file(file)},
            }
            for file in files_below(trace.folder)
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": {
                    "stage": maker.name,
                    "params": {
                        key: value
                        for stage in trace.lineage
                        for values in stage.params.values()
                        for key, value in values.items()
                    },
                },
                "internalParameters": {stage.name: stage.cmd for stage in trace.lineage},
                "resolvedDependencies": list(_dependencies(trace)),
            },
            "runDetails": {"builder": {"id": "https://dvc.org"}},
        },
    }


def _dependencies(trace: Trace) -> Iterator[dict[str, Any]]:
    if trace.commit is not None:
        yield {"name": "code", "digest": {"gitCommit": trace.commit}}
    for name in ("dvc.lock", "requirements.lock"):
        yield {"name": name, "digest": {"sha256": sha256_file(trace.root / name)}}
    raw = trace.snapshot.record.path
    manifest = trace.root / raw / "manifest.json"
    yield {"name": f"{raw}/manifest.json", "digest": {"sha256": sha256_file(manifest)}}
    for part in trace.snapshot.manifest["parts"]:
        yield {"name": f"{raw}/{part['name']}", "digest": {"sha256": part["sha256"]}}
    for library in trace.libraries:
        if library.differs:
            for pinned in library.locked:
                installed = {"installed": library.installed}
                yield {"uri": f"pkg:pypi/{library.name}@{pinned}", "annotations": installed}
        elif library.installed is not None:
            yield {"uri": f"pkg:pypi/{library.name}@{library.installed}"}
