"""Each user's own server."""

c = get_config()  # noqa: F821

# Over TCP, whoever has an account on the machine can connect to a kernel and read what its cells print; the
# signatures only keep others from running code. Unix sockets lie in the user's own folder.
c.KernelManager.transport = "ipc"

# A kernel whose notebook nobody has open ends after half an hour, one that is open after two.
c.MappingKernelManager.cull_idle_timeout = 1800
c.MappingKernelManager.cull_interval = 60
c.MappingKernelManager.cull_connected = False
