"""python-tuf's client, for a test that drives it: a line `URL STATE TARGET` on standard input is one check, and one line of JSON
answers: {"contents"} or {"error"}."""
import json
import os
import sys

from tuf.ngclient import Updater


def check(base, state, target):
    updater = Updater(
        metadata_dir=state, metadata_base_url=f"{base}/metadata", target_dir=state, target_base_url=f"{base}/targets"
    )
    updater.refresh()
    info = updater.get_targetinfo(target)
    if info is None:
        raise LookupError(f"nobody signed {target}")
    with open(updater.download_target(info, os.path.join(state, "target")), encoding="utf-8") as file:
        return file.read()


for line in sys.stdin:
    try:
        answer = {"contents": check(*line.split())}
    except Exception as error:  # whatever a hostile repository makes it raise
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
