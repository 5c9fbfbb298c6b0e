/* Inside a host that has set up its own OpenSSL, libcurl and fork handlers before, and goes on to use them. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int prepared, in_parent, in_child;
static c8x8_client *client;

/* What a host does around a fork may be more than counting: here it calls the library. */
static void before(void) { prepared++; }
static void parent(void) { in_parent++; }
static void child(void) {
  in_child++;
  EXPECT(C8X8_OK, c8x8_state_machine(&json), "BUILDING");
}

static size_t drop(char *data, size_t size, size_t count, void *userdata) {
  (void)data;
  *(size_t *)userdata += size * count;
  return size * count;
}

static void curl_works(CURL *curl) {
  size_t bytes = 0;
  long status = 0;
  curl_easy_setopt(curl, CURLOPT_URL, getenv("CAMPAIGNS8X8_BASE_URL"));
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &bytes);
  CHECK(curl_easy_perform(curl) == CURLE_OK);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  CHECK(status >= 400 && bytes > 0);
}

static void openssl_works(SSL_CTX *context) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  SSL *ssl = SSL_new(context);
  CHECK(ssl != NULL);
  SSL_free(ssl);
  CHECK(EVP_Digest("8x8", 3, digest, &length, EVP_sha256(), NULL) == 1 && length == 32);
  CHECK(ERR_peek_error() == 0);
}

static void add(const char *id) {
  char request[96];
  snprintf(request, sizeof request, "{\"records\":[{\"crmRecordId\":\"%s\"}]}", id);
  EXPECT(C8X8_OK, c8x8_add_records(client, CAMPAIGN, request, NULL, &json), id);
}

int main(void) {
  CURL *curl;
  SSL_CTX *context;
  pid_t pid;
  int status = 0;
  CHECK(OPENSSL_init_ssl(0, NULL) == 1);
  CHECK(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
  CHECK(pthread_atfork(before, parent, child) == 0);
  CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  context = SSL_CTX_new(TLS_client_method());
  curl = curl_easy_init();
  CHECK(context != NULL && curl != NULL);
  curl_works(curl);

  client = new_client(NULL);
  add("before");
  openssl_works(context);
  curl_works(curl);

  pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK(in_child == 1);
    add("in-child");
    openssl_works(context);
    c8x8_client_free(client);
    _exit(0);
  }
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  CHECK(prepared == 1 && in_parent == 1);

  add("after");
  c8x8_client_free(client);
  openssl_works(context);
  curl_works(curl);
  curl_easy_cleanup(curl);
  curl_global_cleanup();
  SSL_CTX_free(context);
  return 0;
}
