/*
 * The start of `lvmedic`: a static program that carries the real one, compressed, in its own .rodata.
 *
 * It unpacks the program, the C library and the dynamic linker into memory and executes that dynamic linker, so that
 * nothing of the surrounding system is needed but a kernel and /proc. There is no parent left afterwards: exit code
 * and signals are the program's own. scripts/build.ts writes the tables at the end of this comment (payload.S).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

struct file { const char *name; uint64_t size; };                   /* 0: dynamic linker, 1…n-2: libraries, n-1: program */
struct frame { const void *data; uint64_t dataSize, file, offset, size; }; /* one zstd frame = one stretch of a file */
extern const struct file files[];
extern const struct frame frames[];
extern const uint64_t fileCount, frameCount;

enum { EXIT_OPERATIONAL = 8, MAX_FILES = 16, MAX_HELPERS = 1, ATTEMPTS = 6 };
#define MEMFD_EXEC 0x10u                    /* MFD_EXEC, Linux 6.3 */
#define PROGRAM_HEAP (80ull << 20)          /* what Node takes beside the unpacked files, with margin */
#define LARGE_FRAME (8ull << 20)            /* worth a process of its own */

static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("lvmedic: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\nNothing was read from or written to any disk.\n", stderr);
    exit(EXIT_OPERATIONAL);
}

/* /proc/meminfo's value in bytes, or -1: kernels before 3.14 have no MemAvailable. */
static long long meminfo(const char *key)
{
    FILE *stream = fopen("/proc/meminfo", "re");
    char line[128];
    long long kibibytes, found = -1;
    size_t length = strlen(key);
    while (stream && fgets(line, sizeof line, stream))
        if (!strncmp(line, key, length) && line[length] == ':' && sscanf(line + length + 1, "%lld", &kibibytes) == 1)
            found = kibibytes << 10;
    if (stream) fclose(stream);
    return found;
}

/* Says so before the kernel's OOM killer has to choose a victim. */
static void requireMemory(void)
{
    uint64_t needed = PROGRAM_HEAP;
    for (uint64_t i = 0; i < fileCount; i++) needed += files[i].size;
    long long available = meminfo("MemAvailable"), swap = meminfo("SwapFree");
    if (available < 0) return;
    if (swap > 0) available += swap;
    if ((uint64_t)available < needed)
        die("%llu MiB of memory are needed to start, and only %lld MiB are free.\n"
            "Give the machine more memory (512 MiB in all are enough for a rescue shell) and start lvmedic again.",
            (unsigned long long)(needed >> 20), available >> 20);
}

/*
 * A place for file `index` that can be executed through /proc/self/fd: first memory without a name, then, where the
 * kernel refuses that (before 3.17, vm.memfd_noexec=2), a file that loses its name at once and so needs no cleaning up.
 */
static int place(unsigned attempt, const char *name, uint64_t size)
{
    static const char *const directories[] = { "/run", "/tmp", "/dev/shm", "/var/tmp", "/" };
    int fd;
    if (attempt == 0) {
        fd = (int)syscall(SYS_memfd_create, name, MEMFD_EXEC);
        if (fd < 0 && errno == EINVAL) fd = (int)syscall(SYS_memfd_create, name, 0u);
    } else {
        char path[64];
        snprintf(path, sizeof path, "%s/.lvmedic-XXXXXX", directories[attempt - 1]);
        fd = mkstemp(path);
        if (fd >= 0) unlink(path);
        if (fd >= 0 && fchmod(fd, 0700)) { close(fd); return -1; }
    }
    /* Reserving the space first turns "full" into an error; through the mapping alone it would be a SIGBUS. */
    if (fd >= 0 && fallocate(fd, 0, 0, (off_t)size) && (errno == ENOSPC || ftruncate(fd, (off_t)size))) {
        close(fd);
        return -1;
    }
    return fd;
}

static int unpackFrame(const struct frame *frame, unsigned char *const *maps)
{
    return ZSTD_decompress(maps[frame->file] + frame->offset, frame->size, frame->data, frame->dataSize) != frame->size;
}

/* Unpacks everything, large frames side by side. Returns 0 when this place cannot hold the files. */
static int unpack(unsigned attempt, int *fds)
{
    unsigned char *maps[MAX_FILES];
    uint64_t count = 0;
    int damaged = 0, status;
    for (; count < fileCount; count++) {
        fds[count] = place(attempt, files[count].name, files[count].size);
        if (fds[count] < 0) break;
        maps[count] = mmap(NULL, files[count].size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[count], 0);
        if (maps[count] == MAP_FAILED) { close(fds[count]); break; }
    }
    if (count == fileCount) {
        pid_t helpers[MAX_HELPERS];
        unsigned helperCount = 0;
        for (uint64_t i = 0; i < frameCount; i++) {
            pid_t helper = frames[i].size >= LARGE_FRAME && helperCount < MAX_HELPERS ? fork() : -1;
            if (helper == 0) _exit(unpackFrame(&frames[i], maps));
            if (helper < 0) damaged |= unpackFrame(&frames[i], maps);
            else helpers[helperCount++] = helper;
        }
        /* By number: `exec lvmedic` in a shell leaves us that shell's children too. */
        while (helperCount > 0) {
            pid_t waited = waitpid(helpers[helperCount - 1], &status, 0);
            if (waited < 0 && errno == EINTR) continue;
            damaged |= waited < 0 || status != 0;
            helperCount--;
        }
        if (damaged) die("this copy of lvmedic is damaged: its packed program does not unpack.\n"
                         "Compare its SHA-256 with the original and copy it again.");
    }
    for (uint64_t i = 0; i < count; i++) {
        munmap(maps[i], files[i].size);
        if (count < fileCount) { close(fds[i]); continue; }
        if (attempt == 0) continue;
        /* A file that is open for writing cannot be executed (ETXTBSY): keep a read-only descriptor instead. */
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fds[i]);
        int readOnly = open(path, O_RDONLY);
        if (readOnly < 0) return 0;
        dup2(readOnly, fds[i]);
        close(readOnly);
    }
    return count == fileCount;
}

/* LD_* and GLIBC_TUNABLES would steer the bundled C library, NODE_* the bundled Node; all are meant for others. */
static void cleanEnvironment(void)
{
    extern char **environ;
    char **kept = environ;
    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, "LD_", 3) && strncmp(*entry, "NODE_", 5) && strncmp(*entry, "GLIBC_TUNABLES=", 15))
            *kept++ = *entry;
    *kept = NULL;
}

int main(int argc, char **argv)
{
    int fds[MAX_FILES], null;
    char self[4096], linker[32], program[32], preload[MAX_FILES * 24] = "";
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    if (length < 0)
        die("/proc is not mounted, and without it no program can be started from memory.\n"
            "Run `mount -t proc proc /proc` and start lvmedic again.");
    self[length] = 0;
    /* A closed standard stream would otherwise become one of the files below. */
    while ((null = open("/dev/null", O_RDWR)) >= 0 && null <= 2) {}
    if (null > 2) close(null);
    signal(SIGCHLD, SIG_DFL); /* ignored, the helpers' exit status would be lost */
    requireMemory();
    cleanEnvironment();

    char **arguments = calloc((size_t)argc + 10, sizeof *arguments);
    if (!arguments) die("out of memory.");
    char *const fixed[] = { "ld.so", "--inhibit-cache", "--library-path", "/nonexistent", "--preload", preload,
                            "--argv0", self, program };
    memcpy(arguments, fixed, sizeof fixed);
    for (int i = 1; i < argc; i++) arguments[sizeof fixed / sizeof *fixed + (size_t)i - 1] = argv[i];

    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!unpack(attempt, fds)) continue;
        preload[0] = 0;
        for (uint64_t i = 1; i + 1 < fileCount; i++)
            snprintf(preload + strlen(preload), 24, "%s/proc/self/fd/%d", i > 1 ? " " : "", fds[i]);
        snprintf(linker, sizeof linker, "/proc/self/fd/%d", fds[0]);
        snprintf(program, sizeof program, "/proc/self/fd/%d", fds[fileCount - 1]);
        fcntl(fds[0], F_SETFD, FD_CLOEXEC);
        execv(linker, arguments);
        for (uint64_t i = 0; i < fileCount; i++) close(fds[i]); /* such as a noexec mount: try the next place */
    }
    die("found no place to start from: the kernel refuses programs in memory (vm.memfd_noexec), and\n"
        "/run, /tmp, /dev/shm, /var/tmp and / are read-only, full or mounted noexec.\n"
        "Run `mount -o remount,exec /run` or `sysctl vm.memfd_noexec=0` and start lvmedic again.");
}
