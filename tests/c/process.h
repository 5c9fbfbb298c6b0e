/* What a program can see of its own process. */
#ifndef PROCESS_H
#define PROCESS_H

#include "check.h"

#include <dirent.h>

/* How many entries a folder has, e.g. /proc/self/task: the threads. */
static int count(const char *path) {
  DIR *folder = opendir(path);
  struct dirent *entry;
  int count = 0;
  CHECK(folder != NULL);
  while ((entry = readdir(folder)) != NULL)
    if (entry->d_name[0] != '.')
      count++;
  closedir(folder);
  return count;
}

#define THREADS_NOW count("/proc/self/task")

#endif
