/* The library can be opened, used, closed and opened again, and the program ends well. Usage: dlopen LIBRARY */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int32_t (*new_fn)(const char *, void **, char **);
typedef int32_t (*stop_fn)(const void *, const char *, const void *, char **);
typedef void (*free_fn)(void *);

static int use(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  new_fn make;
  stop_fn stop;
  free_fn release;
  void *client = NULL;
  int32_t status;
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  /* ISO C has no conversion from void * to a function pointer; POSIX promises that this one works. */
  *(void **)&make = dlsym(library, "c8x8_client_new");
  *(void **)&stop = dlsym(library, "c8x8_stop_campaign");
  *(void **)&release = dlsym(library, "c8x8_client_free");
  if (make == NULL || stop == NULL || release == NULL || make(NULL, &client, NULL) != 0)
    return 2;
  status = stop(client, "123e4567-e89b-12d3-a456-426614174000", NULL, NULL);
  release(client);
  return dlclose(library) == 0 && status == 8 ? 0 : 3;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 4;
  return use(argv[1]) || use(argv[1]);
}
