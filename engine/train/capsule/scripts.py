"""The script that goes beside a capsule: plain Python, a shell line, a Slurm job, a Ray driver. Each is one file, started by one
command. It knows nothing of what is in the capsule.
"""

import shlex
from pathlib import Path
from string import Template
from typing import Literal, get_args

Kind = Literal["python", "shell", "slurm", "ray"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SUFFIX: dict[Kind, str] = {"python": ".py", "shell": ".sh", "slurm": ".sbatch", "ray": ".ray.py"}
START: dict[Kind, str] = {"python": "python {0} {1}", "shell": "bash {0}", "slurm": "sbatch {0}", "ray": "python {0}"}
"""The one command that starts a script (0) of each kind, beside its capsule (1)."""
BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
PORT = 29_400
"""Where the machines of a Slurm job meet, unless MALMOI_PORT says otherwise."""

SHELL = Template("""#!/usr/bin/env bash
# Train $name on this machine: bash $script
# Needs Python 3.11 or newer. The results go into $name; bring that file home and import it.
set -euo pipefail
here="$$(cd "$$(dirname "$${BASH_SOURCE[0]}")" && pwd)"
boot="$$(mktemp)"
trap 'rm -f "$$boot"' EXIT
cat > "$$boot" <<'MALMOI_BOOTSTRAP'
${bootstrap}MALMOI_BOOTSTRAP
"$${PYTHON:-python3}" "$$boot" "$$here"/$quoted "$$@"
""")

SLURM = Template("""#!/usr/bin/env bash
#SBATCH --job-name=malmoi
#SBATCH --nodes=$nodes
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=$share
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@180
#SBATCH --requeue
#SBATCH --output=%x-%j.log
# Train $name on $nodes machines, $share processes each: sbatch $script
# Put $name and this file into one folder that all machines see, and take what does not fit your cluster out of the lines above.
# Three minutes before the time is up the training saves; the same command goes on from there.
set -euo pipefail
here="$${SLURM_SUBMIT_DIR:-$$(cd "$$(dirname "$${BASH_SOURCE[0]}")" && pwd)}"
boot="$$here/.malmoi-boot-$${SLURM_JOB_ID:-0}.py"
trap 'rm -f "$$boot"' EXIT
cat > "$$boot" <<'MALMOI_BOOTSTRAP'
${bootstrap}MALMOI_BOOTSTRAP
first="$$(scontrol show hostnames "$${SLURM_JOB_NODELIST:-}" 2>/dev/null | head -n 1 || true)"
export MALMOI_NODES="$${SLURM_JOB_NUM_NODES:-1}" MALMOI_MEETING="$${first:-127.0.0.1}:$${MALMOI_PORT:-$port}"
payload='MALMOI_NODE="$${SLURM_NODEID:-0}" exec "$${PYTHON:-python3}" "$$0" "$$@"'
if command -v srun > /dev/null; then
  srun bash -c "$$payload" "$$boot" "$$here"/$quoted "$$@"
else
  bash -c "$$payload" "$$boot" "$$here"/$quoted "$$@"
fi
""")

RAY = Template('''"""Train $name as a Ray job and bring it back: python $script [--address ADDRESS] [--nodes $nodes] [--gpus $share]

The capsule travels to a worker (with --nodes 2 or more: to that many, which train together), is trained there with the code
inside it, and replaces the file here. Needs ray here and on the cluster; the workers need Python 3.11 or newer.
"""

import argparse
import base64
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
import ray  # noqa: E402
from ray.util.placement_group import placement_group, remove_placement_group  # noqa: E402
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy  # noqa: E402

CAPSULE = Path(__file__).resolve().with_name($name_literal)
BOOTSTRAP = base64.b64decode("""
$encoded
""")


@ray.remote
class Machine:
    """One machine of the training."""

    def place(self):
        """(address, a port that is free now) for the others to meet this one."""
        with socket.socket() as probe:
            probe.bind(("", 0))
            return ray.util.get_node_ip_address(), probe.getsockname()[1]

    def train(self, name, content, words, environment):
        """The finished capsule on the first machine, nothing on the others. What is unpacked goes when it is over."""
        with tempfile.TemporaryDirectory(prefix="malmoi-") as folder:
            capsule, boot = Path(folder, name), Path(folder, "boot.py")
            capsule.write_bytes(content)
            boot.write_bytes(BOOTSTRAP)
            plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            done = subprocess.run([sys.executable, str(boot), str(capsule), *words], env={**plain, **environment})
            if done.returncode:
                raise RuntimeError(f"training ended with status {done.returncode}; see the worker's log")
            return capsule.read_bytes() if environment["MALMOI_NODE"] == "0" else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default=os.environ.get("RAY_ADDRESS"))
    parser.add_argument("--nodes", type=int, default=$nodes)
    parser.add_argument("--gpus", type=float, default=$share, help="per machine; 0 trains on processors")
    options, words = parser.parse_known_args()
    ray.init(address=options.address)
    bundle = {"CPU": 1, **({"GPU": options.gpus} if options.gpus else {})}
    group = placement_group([bundle] * options.nodes, strategy="STRICT_SPREAD" if options.nodes > 1 else "PACK")
    ray.get(group.ready())
    machines = [
        Machine.options(
            num_cpus=1,
            num_gpus=options.gpus,
            scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=place),
        ).remote()
        for place in range(options.nodes)
    ]
    host, port = ray.get(machines[0].place.remote())
    shared = {"MALMOI_NODES": str(options.nodes), "MALMOI_MEETING": f"{host}:{port}"}
    content = ray.put(CAPSULE.read_bytes())
    trained = ray.get(
        [
            machine.train.remote(CAPSULE.name, content, words, {**shared, "MALMOI_NODE": str(place)})
            for place, machine in enumerate(machines)
        ]
    )
    remove_placement_group(group)
    back = CAPSULE.with_name(CAPSULE.name + ".back")
    back.write_bytes(trained[0])
    back.replace(CAPSULE)
    print(f"{CAPSULE.name}: trained. python -m engine capsule import {CAPSULE.name}")


if __name__ == "__main__":
    main()
''')


def write_script(capsule: Path, kind: Kind, processes: int, nodes: int = 1) -> Path:
    """Write the script of that kind beside the capsule, in place of an older one; returns it.

    processes: how many train together, over all machines; nodes: how many machines.
    """
    import base64
    import textwrap

    target = capsule.with_name(capsule.stem + SUFFIX[kind])
    bootstrap = BOOTSTRAP.read_text(encoding="utf-8")
    facts = {
        "name": capsule.name,
        "name_literal": repr(capsule.name),
        "quoted": shlex.quote(capsule.name),
        "script": target.name,
        "bootstrap": bootstrap,
        "encoded": "\n".join(textwrap.wrap(base64.b64encode(bootstrap.encode()).decode(), 120)),
        "nodes": nodes,
        "share": processes // nodes,
        "port": PORT,
    }
    forms = {"shell": SHELL, "slurm": SLURM, "ray": RAY}
    text = bootstrap if kind == "python" else forms[kind].substitute(facts)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target
