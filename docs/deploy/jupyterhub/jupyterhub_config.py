"""JupyterHub for a class. What differs from place to place is read from the environment:

FEARLESS_SPAWNER   simple (the default here: trying it out), systemd, docker or kubernetes
FEARLESS_SYSTEM    the folder that `fearless warm` filled (/opt/fearless/cache)
FEARLESS_LESSONS   lessons that each gets a copy of at the first start (/opt/fearless/lessons)
FEARLESS_RUNTIME   where each user's sockets are, in a folder of the user's own; a socket's path has 107 characters at
                   most, so that a long home needs it (else below the home)
FEARLESS_IMAGE     the image of docs/deploy/Dockerfile, for containers (fearless)
"""

import importlib.util
import os
import pwd
import subprocess
import sys
from pathlib import Path

SYSTEM = os.environ.get("FEARLESS_SYSTEM", "/opt/fearless/cache")
LESSONS = os.environ.get("FEARLESS_LESSONS", "/opt/fearless/lessons")
RUNTIME = os.environ.get("FEARLESS_RUNTIME")
IMAGE = os.environ.get("FEARLESS_IMAGE", "fearless")
# A kernel takes 45 MB; rustc, rust-analyzer and what students allocate take the rest.
MEMORY = "1G"
CORES = 1.0

c = get_config()  # noqa: F821

c.Spawner.environment = {"FEARLESS_SYSTEM_CACHE": SYSTEM}
if RUNTIME:
    c.Spawner.environment["JUPYTER_RUNTIME_DIR"] = lambda spawner: f"{RUNTIME}/{spawner.user.name}"
c.Spawner.default_url = "/lab"
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = CORES
# Where a whole class begins at once, a server is slow to answer.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180

# For each user's server. On its command line, since that needs no file that each may read, and
# stands above what a user's own files say.
c.Spawner.args = [
    # Over TCP, whoever has an account on the machine can connect to a kernel and read what its
    # cells print; the signatures only keep others from running code. Unix sockets lie in the user's
    # own folder.
    "--KernelManager.transport=ipc",
    # A kernel whose notebook nobody has open ends after half an hour.
    "--MappingKernelManager.cull_idle_timeout=1800",
    "--MappingKernelManager.cull_interval=60",
]
# Beside the hub's own Python, whatever the PATH of a service is.
c.Spawner.cmd = [str(Path(sys.executable).parent / "jupyterhub-singleuser")]


def prepare(spawner) -> None:
    """A copy of the lessons, unless there is one, and the folder for sockets."""
    if spawner_kind == "simple":
        home, identity = spawner.home_dir, {}
        Path(home).mkdir(parents=True, exist_ok=True)
    else:
        account = pwd.getpwnam(spawner.user.name)
        # As the student: what root does in a folder of somebody else's, that one can lead astray by
        # a link.
        home, identity = account.pw_dir, {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        if RUNTIME:
            # Made by root, where root alone may: nobody else can have put a folder of theirs there.
            sockets = Path(RUNTIME, spawner.user.name)
            sockets.mkdir(parents=True, exist_ok=True)
            sockets.chmod(0o700)
            os.chown(sockets, account.pw_uid, account.pw_gid)
    folder = Path(home) / "lessons"
    if not os.path.lexists(folder) and Path(LESSONS).is_dir():
        subprocess.run(["cp", "-R", LESSONS, folder], check=True, **identity)


# In a container: what lies in `work` outlives it, and gets the lessons if it has none.
IN_CONTAINER = ["sh", "-c", '[ -e work/lessons ] || fearless lessons work/lessons; exec jupyterhub-singleuser "$@"', "fearless"]

spawner_kind = os.environ.get("FEARLESS_SPAWNER", "simple")
if spawner_kind == "simple":
    # Everyone is the same user of the system: for trying it out, and never for a class.
    c.JupyterHub.spawner_class = "simple"
    c.Spawner.pre_spawn_hook = prepare
elif spawner_kind == "systemd":
    # pip install jupyterhub-systemdspawner. Each student has an account; limits are systemd's.
    c.JupyterHub.spawner_class = "systemd"
    # Otherwise the hub lets nobody in.
    c.PAMAuthenticator.allow_all = True
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.isolate_devices = True
    c.SystemdSpawner.disable_user_sudo = True
    c.Spawner.pre_spawn_hook = prepare
elif spawner_kind == "docker":
    # pip install dockerspawner; the image is docs/deploy/Dockerfile's, which has the cache and the
    # lessons in it.
    c.JupyterHub.spawner_class = "docker"
    c.Spawner.cmd = IN_CONTAINER
    c.DockerSpawner.image = IMAGE
    c.DockerSpawner.volumes = {"fearless-{username}": "/home/student/work"}
    c.DockerSpawner.remove = True
    c.JupyterHub.hub_ip = "0.0.0.0"
elif spawner_kind == "kubernetes":
    # pip install jupyterhub-kubespawner; as in Zero to JupyterHub, whose chart takes the same
    # values.
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.Spawner.cmd = IN_CONTAINER
    c.KubeSpawner.image = IMAGE
    c.KubeSpawner.mem_guarantee = "300M"
    # The image's user, who could not write to a new volume otherwise.
    c.KubeSpawner.uid = c.KubeSpawner.gid = c.KubeSpawner.fs_gid = 1000
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_capacity = "1Gi"
    c.KubeSpawner.pvc_name_template = "fearless-{username}"
    c.KubeSpawner.volumes = [{"name": "work", "persistentVolumeClaim": {"claimName": "fearless-{username}"}}]
    c.KubeSpawner.volume_mounts = [{"name": "work", "mountPath": "/home/student/work"}]
else:
    raise ValueError(f"FEARLESS_SPAWNER is {spawner_kind!r}: choose simple, systemd, docker or kubernetes")

# Servers that nobody looks at for an hour end; kernels end before.
if importlib.util.find_spec("jupyterhub_idle_culler"):
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    c.JupyterHub.load_roles = [{"name": "culler", "scopes": scopes, "services": ["culler"]}]
    command = [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]
    c.JupyterHub.services = [{"name": "culler", "command": command}]
