/* The library can be opened, used, closed and opened again; closed while a thread that has used it lives on and while a
 * client lives on; and the program ends well. Usage: dlopen LIBRARY */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int32_t (*new_fn)(const char *, void **, char **);
typedef int32_t (*stop_fn)(const void *, const char *, const void *, char **);
typedef void (*free_fn)(void *);

static const char *path;
static pthread_barrier_t used, closed;

/* Uses the library, and frees the client if it is to be freed. Gives the library, to be closed. */
static void *use(int freed) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  new_fn make;
  stop_fn stop;
  free_fn release;
  void *client = NULL;
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return NULL;
  }
  /* ISO C has no conversion from void * to a function pointer; POSIX promises that this one works. */
  *(void **)&make = dlsym(library, "c8x8_client_new");
  *(void **)&stop = dlsym(library, "c8x8_stop_campaign");
  *(void **)&release = dlsym(library, "c8x8_client_free");
  if (make == NULL || stop == NULL || release == NULL || make(NULL, &client, NULL) != 0 ||
      stop(client, "123e4567-e89b-12d3-a456-426614174000", NULL, NULL) != 8)
    return NULL;
  if (freed)
    release(client);
  return library;
}

static void *outlive(void *library) {
  *(void **)library = use(1);
  pthread_barrier_wait(&used);
  pthread_barrier_wait(&closed);
  /* What the library keeps for this thread goes here, with the library closed. */
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t thread;
  void *library = NULL;
  int round;
  if (argc != 2)
    return 1;
  path = argv[1];
  for (round = 0; round < 2; round++)
    if ((library = use(1)) == NULL || dlclose(library) != 0)
      return 2;

  if (pthread_barrier_init(&used, NULL, 2) || pthread_barrier_init(&closed, NULL, 2) ||
      pthread_create(&thread, NULL, outlive, &library))
    return 3;
  pthread_barrier_wait(&used);
  if (library == NULL || dlclose(library) != 0)
    return 4;
  pthread_barrier_wait(&closed);
  if (pthread_join(thread, NULL))
    return 5;

  /* The client's own thread runs on in code that was closed: it must still be there. */
  if ((library = use(0)) == NULL || dlclose(library) != 0)
    return 6;
  if (dlopen(path, RTLD_NOW | RTLD_NOLOAD) == NULL)
    return 7;
  return 0;
}
