"""The hub's configuration for each spawner: every setting exists, and becomes what it is meant to be.

No systemd, Docker or Kubernetes runs here: what they would be told is read.
"""

import asyncio
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

pytest.importorskip("jupyterhub")
from jupyterhub.app import JupyterHub
from jupyterhub.auth import PAMAuthenticator

FOLDER = Path(__file__).parent.parent / "docs/deploy/jupyterhub"
PACKAGES = {"simple": "jupyterhub", "systemd": "systemdspawner", "docker": "dockerspawner", "kubernetes": "kubespawner"}


@pytest.fixture
def configured(monkeypatch):
    def load(kind: str) -> Config:
        monkeypatch.setenv("FEARLESS_SPAWNER", kind)
        return PyFileConfigLoader("jupyterhub_config.py", path=str(FOLDER)).load_config()

    return load


def spawner(config: Config, name: str = "ada", **more):
    """What the hub would make for a user."""
    user = MagicMock(id=1, url=f"/user/{name}/", settings={}, escaped_name=name)
    user.name = name
    made = JupyterHub(config=config).spawner_class(user=user, hub=MagicMock(base_url="/hub/"), config=config, **more)
    made.get_env = lambda: {"FEARLESS_SYSTEM_CACHE": made.environment["FEARLESS_SYSTEM_CACHE"]}
    return made


@pytest.mark.parametrize("kind", PACKAGES)
def test_every_setting_exists(configured, kind):
    """A misspelt one would be ignored."""
    pytest.importorskip(PACKAGES[kind])
    config = configured(kind)
    made = JupyterHub(config=config).spawner_class
    classes = {each.__name__: each for each in [JupyterHub, PAMAuthenticator, *made.mro()]}
    for section, settings in config.items():
        for setting in settings:
            assert setting in classes[section].class_trait_names(config=True), f"{section}.{setting}"


def test_systemd_is_told_limits_and_sockets(configured, monkeypatch):
    systemd = pytest.importorskip("systemdspawner.systemd")
    told = {}

    async def start(unit, **what):
        told.update(what)
        raise InterruptedError(unit)

    async def no(_unit):
        return False

    monkeypatch.setattr(systemd, "start_transient_service", start)
    monkeypatch.setattr(systemd, "service_running", no)
    monkeypatch.setattr(systemd, "service_failed", no)
    account = pwd.getpwuid(65534)
    with pytest.raises(InterruptedError):
        asyncio.run(spawner(configured("systemd"), account.pw_name).start())
    assert (told["uid"], told["gid"]) == (account.pw_uid, account.pw_gid)
    properties = {name: value for name, value in told["properties"].items() if value}
    assert properties == {
        "PrivateTmp": "yes", "PrivateDevices": "yes", "NoNewPrivileges": "yes",
        "MemoryAccounting": "yes", "MemoryMax": 2**30, "CPUAccounting": "yes", "CPUQuota": "100%",
    }
    assert "--KernelManager.transport=ipc" in told["args"]
    assert told["environment_variables"]["FEARLESS_SYSTEM_CACHE"] == "/opt/fearless/cache"
    assert os.path.isabs(told["cmd"][0])


def test_docker_is_told_limits_and_what_is_kept(configured):
    pytest.importorskip("dockerspawner")
    made = spawner(configured("docker"))
    assert made.volume_binds == {"fearless-ada": {"bind": "/home/student/work", "mode": "rw"}}
    assert (made.image, made.remove, made.mem_limit, made.cpu_limit) == ("fearless", True, 2**30, 1.0)
    command = asyncio.run(made.get_command())
    assert command[:2] == ["sh", "-c"] and "--KernelManager.transport=ipc" in command[4:]


def test_kubernetes_is_told_limits_and_what_is_kept(configured, monkeypatch):
    kubespawner = pytest.importorskip("kubespawner.spawner")
    from kubernetes_asyncio.client import ApiClient

    # It looks for a cluster.
    monkeypatch.setattr(kubespawner, "load_config", lambda **_: None)

    async def make():
        made = spawner(configured("kubernetes"), _mock=True)
        as_json = ApiClient().sanitize_for_serialization
        return as_json(await made.get_pod_manifest())["spec"], as_json(made.get_pvc_manifest())

    pod, claim = asyncio.run(make())
    (container,) = pod["containers"]
    assert container["resources"]["limits"] == {"cpu": 1.0, "memory": 2**30}
    assert container["args"][:2] == ["sh", "-c"] and "--KernelManager.transport=ipc" in container["args"][4:]
    assert container["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 1000
    (volume,), (mount,) = pod["volumes"], container["volumeMounts"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    assert (mount["name"], mount["mountPath"]) == (volume["name"], "/home/student/work")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands out to others")
def test_lessons_are_handed_out_as_the_student(configured, monkeypatch):
    """Root, who runs the hub, writes nothing in a student's home itself; what is there stays."""
    nobody = pwd.getpwuid(65534)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        lessons, home = Path(folder, "lessons-of-all"), Path(folder, "home")
        lessons.mkdir()
        (lessons / "00.ipynb").write_text("{}")
        home.mkdir()
        shutil.chown(home, nobody.pw_uid)
        monkeypatch.setenv("FEARLESS_LESSONS", str(lessons))
        account = SimpleNamespace(pw_dir=str(home), pw_uid=nobody.pw_uid, pw_gid=nobody.pw_gid)
        monkeypatch.setattr(pwd, "getpwnam", lambda _name: account)
        monkeypatch.setenv("FEARLESS_RUNTIME", f"{folder}/run")
        hand_out = configured("systemd").Spawner.pre_spawn_hook
        student = SimpleNamespace(user=SimpleNamespace(name="ada"))
        hand_out(student)
        sockets = Path(folder, "run/ada").stat()
        assert (sockets.st_uid, sockets.st_mode & 0o777) == (nobody.pw_uid, 0o700)
        handed = home / "lessons/00.ipynb"
        assert handed.stat().st_uid == nobody.pw_uid
        handed.write_text("worked on")
        hand_out(student)
        assert handed.read_text() == "worked on"
        assert not (home / "lessons" / lessons.name).exists()
        # A link that leads to a folder of root's leads nowhere.
        shutil.rmtree(home / "lessons")
        (home / "lessons").symlink_to(Path(folder, "of-root"))
        hand_out(student)
        assert not Path(folder, "of-root").exists()
