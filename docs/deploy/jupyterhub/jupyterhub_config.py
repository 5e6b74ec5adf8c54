"""JupyterHub for a class. What differs from place to place is read from the environment:

FEARLESS_SPAWNER   simple (the default here: trying it out), systemd, docker or kubernetes
FEARLESS_SYSTEM    the folder that `fearless warm` filled (/opt/fearless/cache)
FEARLESS_LESSONS   lessons that each gets a copy of at the first start (/opt/fearless/lessons)
FEARLESS_RUNTIME   where each user's sockets are, in a folder of the user's own; a socket's path has 107 characters at
                   most, so that a long home needs it (else below the home)
"""

import os
from pathlib import Path

HERE = Path(__file__).parent
SYSTEM = os.environ.get("FEARLESS_SYSTEM", "/opt/fearless/cache")
LESSONS = os.environ.get("FEARLESS_LESSONS", "/opt/fearless/lessons")
# A kernel takes 45 MB; rustc, rust-analyzer and what students allocate take the rest.
MEMORY = "1G"
CORES = 1.0

c = get_config()  # noqa: F821

# The folder `server` tells each user's server to talk to kernels over Unix sockets, and to end what idles.
c.Spawner.environment = {
    "FEARLESS_SYSTEM_CACHE": SYSTEM,
    "JUPYTER_CONFIG_PATH": str(HERE / "server"),
}
if "FEARLESS_RUNTIME" in os.environ:
    c.Spawner.environment["JUPYTER_RUNTIME_DIR"] = lambda spawner: f"{os.environ['FEARLESS_RUNTIME']}/{spawner.user.name}"
c.Spawner.default_url = "/lab"
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = CORES
c.Spawner.start_timeout = 120


def hand_out_lessons(spawner) -> None:
    """What a student has worked on stays."""
    import shutil

    folder = Path(home_of(spawner)) / "lessons"
    if not folder.exists() and Path(LESSONS).is_dir():
        shutil.copytree(LESSONS, folder)
        if os.geteuid() == 0 and spawner_kind == "systemd":
            for path in [folder, *folder.rglob("*")]:
                shutil.chown(path, user=spawner.user.name)


def home_of(spawner) -> str:
    if spawner_kind == "simple":
        return spawner.home_dir
    return os.path.expanduser(f"~{spawner.user.name}")


spawner_kind = os.environ.get("FEARLESS_SPAWNER", "simple")
if spawner_kind == "simple":
    # Everyone is the same user of the system: for trying it out, and never for a class.
    c.JupyterHub.spawner_class = "simple"
    c.Spawner.pre_spawn_hook = hand_out_lessons
elif spawner_kind == "systemd":
    # pip install jupyterhub-systemdspawner. Each student has an account; limits are systemd's.
    c.JupyterHub.spawner_class = "systemd"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.isolate_devices = True
    c.SystemdSpawner.disable_user_sudo = True
    c.Spawner.pre_spawn_hook = hand_out_lessons
elif spawner_kind == "docker":
    # pip install dockerspawner; the image is docs/deploy/Dockerfile's, which has the cache and the lessons in it.
    c.JupyterHub.spawner_class = "docker"
    c.DockerSpawner.image = os.environ.get("FEARLESS_IMAGE", "fearless")
    c.DockerSpawner.volumes = {"fearless-{username}": "/home/student/work"}
    c.DockerSpawner.remove = True
    c.JupyterHub.hub_ip = "0.0.0.0"
elif spawner_kind == "kubernetes":
    # pip install jupyterhub-kubespawner; as in Zero to JupyterHub, whose chart takes the same values.
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.KubeSpawner.image = os.environ.get("FEARLESS_IMAGE", "fearless")
    c.KubeSpawner.mem_guarantee = "300M"
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.pvc_name_template = "fearless-{username}"
    c.KubeSpawner.volumes = [{"name": "work", "persistentVolumeClaim": {"claimName": "fearless-{username}"}}]
    c.KubeSpawner.volume_mounts = [{"name": "work", "mountPath": "/home/student/work"}]
else:
    raise ValueError(f"FEARLESS_SPAWNER is {spawner_kind!r}: choose simple, systemd, docker or kubernetes")

# Servers that nobody looks at for an hour end; kernels end before (see server/).
c.JupyterHub.load_roles = [
    {"name": "culler", "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"], "services": ["culler"]}
]
try:
    import jupyterhub_idle_culler  # noqa: F401
except ImportError:
    c.JupyterHub.load_roles = []
else:
    import sys

    c.JupyterHub.services = [
        {"name": "culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}
    ]
