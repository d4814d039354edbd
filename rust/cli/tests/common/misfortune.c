/* Preloaded into a command by tests: system calls that fail as they do on bad days.
 *
 * MISFORTUNE_SEND=ERRNO    every seventh datagram call fails with it
 * MISFORTUNE_OFFLOAD=1     segmentation offload is refused after the tenth use (EIO, as kernels do it for some devices)
 * MISFORTUNE_COALESCE=1    the socket option of receive offload is refused (ENOPROTOOPT)
 * MISFORTUNE_CLOCK=SECONDS the clock on the wall jumps: each look at it is alternately right and so many seconds ahead, or behind
 * MISFORTUNE_DISK=BYTES    after so many bytes the disk is full (ENOSPC)
 * MISFORTUNE_WITNESS=FILE  is made when the first call fails, so that a test knows that there was a misfortune
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SOL_UDP_LEVEL 17
#define UDP_SEGMENT_TYPE 103
#define UDP_GRO_OPTION 104

static atomic_long calls, offloads, written, looks;

static long setting(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

/* Fails with `error`. */
static int fail(int error) {
    const char *witness = getenv("MISFORTUNE_WITNESS");
    int fd = witness ? open(witness, O_CREAT | O_WRONLY, 0600) : -1;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

static int is_datagram(int fd) {
    int type = 0;
    socklen_t length = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM;
}

static int is_offloaded(const struct msghdr *message) {
    struct msghdr *m = (struct msghdr *)message;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_UDP_LEVEL && c->cmsg_type == UDP_SEGMENT_TYPE)
            return 1;
    return 0;
}

/* The error of this call, 0 for none. */
static int misfortune(int fd, const struct msghdr *message) {
    long error = setting("MISFORTUNE_SEND");
    if (!is_datagram(fd))
        return 0;
    if (error && atomic_fetch_add(&calls, 1) % 7 == 6)
        return (int)error;
    if (setting("MISFORTUNE_OFFLOAD") && is_offloaded(message) && atomic_fetch_add(&offloads, 1) >= 10)
        return EIO;
    return 0;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    static ssize_t (*next)(int, const struct msghdr *, int);
    if (!next)
        next = (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
    int error = misfortune(fd, message);
    if (error)
        return fail(error);
    return next(fd, message, flags);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    static int (*next)(int, struct mmsghdr *, unsigned, int);
    if (!next)
        next = (int (*)(int, struct mmsghdr *, unsigned, int))dlsym(RTLD_NEXT, "sendmmsg");
    int error = count ? misfortune(fd, &messages[0].msg_hdr) : 0;
    if (error)
        return fail(error);
    return next(fd, messages, count, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    static int (*next)(int, int, int, const void *, socklen_t);
    if (!next)
        next = (int (*)(int, int, int, const void *, socklen_t))dlsym(RTLD_NEXT, "setsockopt");
    if (level == SOL_UDP_LEVEL && name == UDP_GRO_OPTION && setting("MISFORTUNE_COALESCE"))
        return fail(ENOPROTOOPT);
    return next(fd, level, name, value, length);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next)
        next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    long jump = setting("MISFORTUNE_CLOCK");
    if (result == 0 && clock == CLOCK_REALTIME && jump && atomic_fetch_add(&looks, 1) % 2 == 1) {
        now->tv_sec += jump;
        int before = errno;
        fail(before);
    }
    return result;
}

static int is_full(int fd, size_t length) {
    struct stat facts;
    long room = setting("MISFORTUNE_DISK");
    return room && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && atomic_fetch_add(&written, (long)length) >= room;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        next = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (is_full(fd, length))
        return fail(ENOSPC);
    return next(fd, bytes, length);
}
