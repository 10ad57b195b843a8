/* A fail layer between a program and the C library (LD_PRELOAD, Linux).
 *
 * In: calls that change files below $FAULT_ROOT, and what is written to standard output and error. Each has a number,
 * from 1. Out: the call, or the fault that the environment asks for:
 *
 *   FAULT_AT, FAULT_DO   at the call of this number: `kill` (SIGKILL before it), `torn` (SIGKILL after half of a write
 *                        or after another call), `eio` or `enospc` (it fails), `eio-on` or `enospc-on` (it and all
 *                        later ones fail)
 *   FAULT_ROOM           the disk has room for so many bytes, those that lie there at the start included
 *   FAULT_LOG            each call that succeeds is appended to this file, with its data: see `record`
 *
 * Nothing is really synced: whether the program asks for it is what counts, and tests are quicker.
 * Reading, and memory that is mapped, pass by. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static long long calls, fault_at, room = -1, used;
static const char *fault_do = "";
static int log_fd = -1;

static long long blocks(long long bytes) { return (bytes + 4095) / 4096 * 4096; }

static long long usage(const char *folder) {
    DIR *open_folder = opendir(folder);
    long long sum = 0;
    for (struct dirent *entry; open_folder && (entry = readdir(open_folder));) {
        char path[PATH_MAX];
        struct stat about;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) continue;
        if (lstat(path, &about) != 0) continue;
        sum += S_ISDIR(about.st_mode) ? usage(path) : S_ISREG(about.st_mode) ? blocks(about.st_size) : 0;
    }
    if (open_folder) closedir(open_folder);
    return sum;
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAULT_ROOT");
    if (!text || !realpath(text, root)) return;
    root_length = strlen(root);
    if ((text = getenv("FAULT_AT"))) fault_at = atoll(text);
    if ((text = getenv("FAULT_DO"))) fault_do = text;
    if ((text = getenv("FAULT_ROOM"))) room = atoll(text), used = usage(root);
    if ((text = getenv("FAULT_LOG"))) {
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
}

/* One call of the log: a line `KIND INODE NUMBER LENGTH`, then so many bytes and a line feed. Kinds: n a new file
 * (bytes: path), t truncated (number: size), w written (number: offset), s synced, d a folder synced (path),
 * r renamed (two paths, NUL between them), u unlinked, m folder made, x folder removed, l linked, o standard output or error. */
static void record(char kind, unsigned long long inode, long long number, const void *bytes, size_t length) {
    if (log_fd < 0) return;
    char head[96];
    int size = snprintf(head, sizeof head, "%c %llu %lld %zu\n", kind, inode, number, length);
    struct iovec parts[] = {{head, (size_t)size}, {(void *)bytes, length}, {"\n", 1}};
    syscall(SYS_writev, log_fd, parts, 3);
}

static void record_path(char kind, unsigned long long inode, const char *path) {
    record(kind, inode, 0, path, strlen(path));
}

/* The absolute path, without `//` and `/./`; 0 where it is not below the root. */
static int below_root(int folder, const char *path, char *absolute) {
    char joined[2 * PATH_MAX], link[64];
    if (!root_length || !path) return 0;
    if (path[0] == '/') {
        snprintf(joined, sizeof joined, "%s", path);
    } else {
        char here[PATH_MAX];
        if (folder == AT_FDCWD) {
            if (!getcwd(here, sizeof here)) return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = readlink(link, here, sizeof here - 1);
            if (length <= 0) return 0;
            here[length] = 0;
        }
        snprintf(joined, sizeof joined, "%s/%s", here, path);
    }
    size_t end = 0;
    for (const char *at = joined; *at && end < PATH_MAX - 1; at++) {
        if (at[0] == '/' && (at[1] == '/' || (at[1] == '.' && (at[2] == '/' || !at[2])))) {
            if (at[1] == '.') at++;
            continue;
        }
        absolute[end++] = *at;
    }
    absolute[end] = 0;
    return !strncmp(absolute, root, root_length) && (absolute[root_length] == '/' || !absolute[root_length]);
}

/* The file of a descriptor; 0 where it does not lie below the root. */
static int file_below_root(int fd, struct stat *about, char *path) {
    char link[64];
    if (!root_length || fstat(fd, about) != 0 || !(S_ISREG(about->st_mode) || S_ISDIR(about->st_mode))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return below_root(AT_FDCWD, path, path);
}

static void die(void) {
    raise(SIGKILL);
    for (;;) pause();
}

/* Takes the next number. Non-zero where this call is to fail; errno says how. `torn` is for the caller. */
static int faulty(int may_fail) {
    int now = ++calls == fault_at, on = fault_at > 0 && calls >= fault_at;
    if (now && !strcmp(fault_do, "kill")) die();
    int io = !strcmp(fault_do, "eio") ? now : !strcmp(fault_do, "eio-on") ? on : 0;
    int full = !strcmp(fault_do, "enospc") ? now : !strcmp(fault_do, "enospc-on") ? on : 0;
    if (!may_fail || !(io || full)) return 0;
    errno = io ? EIO : ENOSPC;
    return 1;
}

static int torn(void) { return calls == fault_at && !strcmp(fault_do, "torn"); }

static void die_if_torn(void) {
    if (torn()) die();
}

/* How much of a write there is room for; takes the room. */
static size_t with_room(long long size, long long offset, size_t length) {
    if (room < 0) return length;
    long long end = offset + (long long)length, most = blocks(size) + (room - used > 0 ? (room - used) / 4096 * 4096 : 0);
    if (end > most) end = most;
    if (end <= offset && length > 0) return 0;
    if (blocks(end) > blocks(size)) used += blocks(end) - blocks(size);
    return (size_t)(end - offset);
}

static void give_back(long long from, long long to) {
    if (room >= 0 && from > to) used -= blocks(from) - blocks(to);
}

static ssize_t write_out(int fd, const void *bytes, size_t length) {
    pthread_mutex_lock(&turn);
    faulty(0);
    ssize_t done = syscall(SYS_write, fd, bytes, length);
    if (done > 0) record('o', 0, 0, bytes, (size_t)done);
    die_if_torn();
    pthread_mutex_unlock(&turn);
    return done;
}

static ssize_t put(int fd, const void *bytes, size_t length, off_t offset, int moves) {
    struct stat about;
    char path[PATH_MAX];
    if ((fd == 1 || fd == 2) && root_length) return write_out(fd, bytes, length);
    if (!file_below_root(fd, &about, path)) {
        return moves ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, offset);
    }
    pthread_mutex_lock(&turn);
    ssize_t done = -1;
    fstat(fd, &about);
    if (moves) offset = fcntl(fd, F_GETFL) & O_APPEND ? about.st_size : lseek(fd, 0, SEEK_CUR);
    if (!faulty(1)) {
        size_t fits = torn() ? length / 2 : with_room(about.st_size, offset, length);
        if (!fits && length) {
            errno = ENOSPC;
        } else {
            done = moves ? syscall(SYS_write, fd, bytes, fits) : syscall(SYS_pwrite64, fd, bytes, fits, offset);
        }
        if (done > 0) record('w', about.st_ino, offset, bytes, (size_t)done);
        die_if_torn();
    }
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return put(fd, bytes, length, 0, 1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return put(fd, bytes, length, offset, 0); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return put(fd, bytes, length, offset, 0); }

/* The first part alone: callers go on with the rest, as they must after any short write. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    for (int at = 0; at < count; at++) {
        if (parts[at].iov_len) return put(fd, parts[at].iov_base, parts[at].iov_len, 0, 1);
    }
    return 0;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    for (int at = 0; at < count; at++) {
        if (parts[at].iov_len) return put(fd, parts[at].iov_base, parts[at].iov_len, offset, 0);
    }
    return 0;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return pwritev64(fd, parts, count, offset); }

/* Copies inside the kernel are refused, so that programs copy by reading and writing. */
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t length, unsigned flags) {
    (void)from, (void)at, (void)to, (void)there, (void)length, (void)flags;
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) {
    (void)to, (void)from, (void)offset, (void)length;
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile(int to, int from, off_t *offset, size_t length) { return sendfile64(to, from, offset, length); }

static int synced(int fd, long number) {
    struct stat about;
    char path[PATH_MAX];
    if (!file_below_root(fd, &about, path)) return (int)syscall(number, fd);
    pthread_mutex_lock(&turn);
    int done = faulty(1) ? -1 : 0;
    if (done == 0) {
        if (S_ISDIR(about.st_mode)) record_path('d', about.st_ino, path);
        else record('s', about.st_ino, 0, "", 0);
        die_if_torn();
    }
    pthread_mutex_unlock(&turn);
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int ftruncate(int fd, off_t size) {
    struct stat about;
    char path[PATH_MAX];
    if (!file_below_root(fd, &about, path)) return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&turn);
    int done = -1;
    if (!faulty(1)) {
        fstat(fd, &about);
        done = (int)syscall(SYS_ftruncate, fd, size);
        if (done == 0) record('t', about.st_ino, size, "", 0), give_back(about.st_size, size);
        die_if_torn();
    }
    pthread_mutex_unlock(&turn);
    return done;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int opened(int folder, const char *given, int flags, mode_t mode) {
    struct stat about;
    char path[PATH_MAX];
    int changes = flags & (O_CREAT | O_TRUNC) && (flags & O_TMPFILE) != O_TMPFILE;
    if (!changes || !below_root(folder, given, path)) return (int)syscall(SYS_openat, folder, given, flags, mode);
    pthread_mutex_lock(&turn);
    int there = stat(path, &about) == 0, fresh = !there && flags & O_CREAT, cut = there && flags & O_TRUNC;
    int fd = -1;
    if (!((fresh || cut) && faulty(1))) {
        long long before = there ? about.st_size : 0;
        fd = (int)syscall(SYS_openat, folder, given, flags, mode);
        if (fd >= 0 && (fresh || cut)) {
            fstat(fd, &about);
            if (fresh) record_path('n', about.st_ino, path);
            else record('t', about.st_ino, 0, "", 0), give_back(before, 0);
            die_if_torn();
        }
    }
    pthread_mutex_unlock(&turn);
    return fd;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                      \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        return opened(AT_FDCWD, path, flags, mode);                                                                    \
    }
#define OPENAT(name)                                                                                                   \
    int name(int folder, const char *path, int flags, ...) {                                                           \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        return opened(folder, path, flags, mode);                                                                      \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

static int moved(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char both[2 * PATH_MAX], after[PATH_MAX];
    if (!below_root(from_folder, from, both) || !below_root(to_folder, to, after)) {
        return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    }
    pthread_mutex_lock(&turn);
    int done = -1;
    if (!faulty(1)) {
        struct stat about, over;
        memset(&about, 0, sizeof about);
        lstat(both, &about);
        int replaced = lstat(after, &over) == 0 && S_ISREG(over.st_mode);
        done = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
        if (done == 0) {
            size_t length = strlen(both) + 1;
            snprintf(both + length, sizeof both - length, "%s", after);
            record('r', about.st_ino, 0, both, length + strlen(after));
            if (replaced) give_back(over.st_size, 0);
        }
        die_if_torn();
    }
    pthread_mutex_unlock(&turn);
    return done;
}

int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return moved(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return moved(a, from, b, to, flags); }

static int removed(int folder, const char *given, int flags) {
    struct stat about;
    char path[PATH_MAX];
    if (!below_root(folder, given, path) || lstat(path, &about) != 0) {
        return (int)syscall(SYS_unlinkat, folder, given, flags);
    }
    pthread_mutex_lock(&turn);
    int done = -1;
    if (!faulty(1)) {
        done = (int)syscall(SYS_unlinkat, folder, given, flags);
        if (done == 0) record_path(flags & AT_REMOVEDIR ? 'x' : 'u', about.st_ino, path);
        if (done == 0 && S_ISREG(about.st_mode) && about.st_nlink == 1) give_back(about.st_size, 0);
        die_if_torn();
    }
    pthread_mutex_unlock(&turn);
    return done;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }

static int folder_made(int folder, const char *given, mode_t mode) {
    struct stat about;
    char path[PATH_MAX];
    if (!below_root(folder, given, path) || lstat(path, &about) == 0) {
        return (int)syscall(SYS_mkdirat, folder, given, mode);
    }
    pthread_mutex_lock(&turn);
    int done = -1;
    if (!faulty(1)) {
        done = (int)syscall(SYS_mkdirat, folder, given, mode);
        if (done == 0 && lstat(path, &about) == 0) record_path('m', about.st_ino, path);
        die_if_torn();
    }
    pthread_mutex_unlock(&turn);
    return done;
}

int mkdir(const char *path, mode_t mode) { return folder_made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return folder_made(folder, path, mode); }

static int linked(const char *target, int folder, const char *given, int symbolic) {
    struct stat about;
    char both[2 * PATH_MAX], path[PATH_MAX];
    int inside = below_root(folder, given, path);
    if (inside) pthread_mutex_lock(&turn);
    int done = -1;
    if (!inside || !faulty(1)) {
        done = symbolic ? (int)syscall(SYS_symlinkat, target, folder, given)
                        : (int)syscall(SYS_linkat, AT_FDCWD, target, folder, given, 0);
        if (inside && done == 0 && lstat(path, &about) == 0) {
            size_t length = (size_t)snprintf(both, sizeof both, "%s", target) + 1;
            snprintf(both + length, sizeof both - length, "%s", path);
            record('l', symbolic ? 0 : about.st_ino, 0, both, length + strlen(path));
        }
        if (inside) die_if_torn();
    }
    if (inside) pthread_mutex_unlock(&turn);
    return done;
}

int symlink(const char *target, const char *path) { return linked(target, AT_FDCWD, path, 1); }
int symlinkat(const char *target, int folder, const char *path) { return linked(target, folder, path, 1); }
int link(const char *from, const char *to) { return linked(from, AT_FDCWD, to, 0); }
