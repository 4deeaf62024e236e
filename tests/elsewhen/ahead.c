/* Loaded by LD_PRELOAD into each process of a run of the tests: the time of day is as far ahead as the file says that
   CLOCK_AHEAD_FILE names (nanoseconds, eight bytes), for all of them at once, and flows.

   The monotonic clock and the kernel keep their time, so whoever waits waits as long as ever; an instant until which one
   waits by the time of day is put back before the kernel sees it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The monotonic clock counts from the machine's start, and shows less than this for thirty years. */
#define LEAST_TIME_OF_DAY 1000000000

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static volatile const long long *told;

static long long ahead(void) {
    static int is_open;
    if (!is_open) {
        const char *path = getenv("CLOCK_AHEAD_FILE");
        int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (file >= 0) {
            void *found = mmap(NULL, sizeof *told, PROT_READ, MAP_SHARED, file, 0);
            close(file);
            if (found != MAP_FAILED) told = found;
        }
        is_open = 1;
    }
    return told ? *told : 0;
}

static void add(struct timespec *at, long long nanoseconds) {
    long long second = 1000000000, rest = at->tv_nsec + nanoseconds % second;
    at->tv_sec += nanoseconds / second + (rest >= second) - (rest < 0);
    at->tv_nsec = (rest + second) % second;
}

static int (*real_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real_gettime = REAL(clock_gettime);
    ahead();
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    if (!real_gettime) real_gettime = REAL(clock_gettime);
    int failed = real_gettime(clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI)) add(at, ahead());
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *at, int base) {
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, at) ? base : 0;
}

static const struct timespec *put_back(const struct timespec *until, struct timespec *room) {
    if (!until || until->tv_sec < LEAST_TIME_OF_DAY) return until;
    *room = *until;
    add(room, -ahead());
    return room;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    struct timespec room;
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    /* glibc has an older one of this name for conditions of another shape; dlsym may find that. */
    if (!real) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = REAL(pthread_cond_timedwait);
    return real(condition, mutex, put_back(until, &room));
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
                           const struct timespec *restrict until) {
    struct timespec room;
    return REAL(pthread_cond_clockwait)(condition, mutex, clock, put_back(until, &room));
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec room;
    return REAL(pthread_mutex_timedlock)(mutex, put_back(until, &room));
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    struct timespec room;
    return REAL(sem_timedwait)(semaphore, put_back(until, &room));
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until) {
    struct timespec room;
    return REAL(sem_clockwait)(semaphore, clock, put_back(until, &room));
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    struct timespec room;
    return REAL(clock_nanosleep)(clock, flags, flags & TIMER_ABSTIME ? put_back(until, &room) : until, left);
}
