/* What the binary calls and the glibc of 2012 doesn't have yet: calls of the kernel, which does. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int gettid(void) { return (int)syscall(SYS_gettid); }

#ifdef __aarch64__
#define MEMFD_CREATE 279
#else
#define MEMFD_CREATE 319
#endif
int memfd_create(const char *name, unsigned flags) { return (int)syscall(MEMFD_CREATE, name, flags); }

int fcntl64(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return fcntl(fd, command, argument);
}
