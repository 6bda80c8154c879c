/*
 * A clock that is wrong: preloaded into a program, it adds seconds to the time of day that this sees.
 *
 *   gcc -O2 -shared -fPIC -o clock-offset.so clock-offset.c -ldl
 *   CLOCK_OFFSET=/path/of/8/bytes LD_PRELOAD=./clock-offset.so program
 *
 * CLOCK_OFFSET  an existing file of 8 bytes: seconds, a signed 64-bit integer that another process may change at any
 *               time. The clock that timers go by (CLOCK_MONOTONIC) stays right, as it does on a real machine.
 *
 * It asks the kernel for the time itself, so nothing of the C library is needed before that is ready. Threads that wait
 * until a time of day (JavaScriptCore's do) would wait for the hours, too: the kernel's clock is right.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*timed_wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

/* Seconds since 1970 are more than this, seconds since a machine was started are less. */
#define TIME_OF_DAY 1000000000

static const int64_t none = 0;
static const volatile int64_t *offset = &none;
static timed_wait real_timed_wait;

__attribute__((constructor)) static void start(void) {
  /* The symbol that programs are linked to has a version of its own on each architecture; the oldest is another one. */
  const char *versions[] = {"GLIBC_2.3.2", "GLIBC_2.17"};
  for (int at = 0; at < 2 && !real_timed_wait; at++)
    real_timed_wait = (timed_wait)dlvsym(RTLD_NEXT, "pthread_cond_timedwait", versions[at]);
  if (!real_timed_wait) real_timed_wait = (timed_wait)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  const char *path = getenv("CLOCK_OFFSET");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) offset = page;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
  struct timespec right = *until;
  if (right.tv_sec > TIME_OF_DAY) right.tv_sec -= *offset;
  return real_timed_wait(cond, mutex, &right);
}
