/*
 * A disk that is slow to sync, and a count of the syncs: preloaded into a program, it counts every fsync and fdatasync
 * and makes each take longer.
 *
 *   gcc -O2 -shared -fPIC -o slow-fsync.so slow-fsync.c -ldl
 *   SLOW_FSYNC_US=2000 SLOW_FSYNC_COUNT=/path/of/16/bytes LD_PRELOAD=./slow-fsync.so program
 *
 * SLOW_FSYNC_US     microseconds added to each call (default 0)
 * SLOW_FSYNC_COUNT  an existing file of 16 bytes: the calls of fsync and of fdatasync, two unsigned 64-bit integers
 *                   that another process may read at any time
 *
 * It sees what goes through libc, as SQLite and the thread pool of Bun do. A program that issues the system call
 * itself would pass unseen, so the benchmark checks that the count moves.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static uint64_t own_counts[2];
static uint64_t *counts = own_counts;
static struct timespec delay;
static sync_call real_fsync, real_fdatasync;

__attribute__((constructor)) static void start(void) {
  real_fsync = (sync_call)dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
  const char *text = getenv("SLOW_FSYNC_US");
  long us = text ? atol(text) : 0;
  delay.tv_sec = us / 1000000;
  delay.tv_nsec = us % 1000000 * 1000;
  const char *path = getenv("SLOW_FSYNC_COUNT");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) counts = page;
  close(file);
}

static int slowly(sync_call call, uint64_t *count, int file) {
  __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
  if (delay.tv_sec || delay.tv_nsec) nanosleep(&delay, NULL);
  return call(file);
}

int fsync(int file) { return slowly(real_fsync, &counts[0], file); }

int fdatasync(int file) { return slowly(real_fdatasync, &counts[1], file); }
