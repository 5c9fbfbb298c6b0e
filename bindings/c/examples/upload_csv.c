/* Uploads a CSV file, shows how far it is, and ends cleanly on Ctrl-C. With a ledger it can be killed and run again.
 * Settings come from CAMPAIGNS8X8_BASE_URL (or CAMPAIGNS8X8_CUSTOMER_SITE), CAMPAIGNS8X8_API_KEY and
 * CAMPAIGNS8X8_TENANT. Usage: upload_csv CAMPAIGN_ID CSV [LEDGER] */
#include <campaigns8x8.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static c8x8_cancel *cancel;

static void interrupt(int signal_number) {
  (void)signal_number;
  c8x8_cancel_trigger(cancel); /* may be called from a signal handler */
}

static int32_t show_progress(const char *progress_json, void *userdata) {
  (void)userdata;
  fprintf(stderr, "\r%s", progress_json);
  return 0; /* anything else cancels */
}

/* {"NAME":"VALUE"} with the value escaped. 0 if it does not fit. */
static int json_of(char *out, size_t size, const char *name, const char *value) {
  size_t length = (size_t)snprintf(out, size, "{\"%s\":\"", name);
  for (; *value != '\0'; value++) {
    if (length + 8 > size)
      return 0;
    if (*value == '"' || *value == '\\')
      out[length++] = '\\';
    out[length++] = *value;
  }
  memcpy(out + length, "\"}", 3);
  return 1;
}

int main(int argc, char **argv) {
  char source[4096], options[4096] = "{}";
  c8x8_client *client = NULL;
  char *json = NULL;
  int32_t status;

  if (argc < 3 || !json_of(source, sizeof source, "csv", argv[2]) ||
      (argc > 3 && !json_of(options, sizeof options, "ledger", argv[3]))) {
    fprintf(stderr, "usage: upload_csv CAMPAIGN_ID CSV [LEDGER]\n");
    return 1;
  }
  status = c8x8_client_new(NULL, &client, &json);
  if (status == C8X8_OK) {
    c8x8_string_free(json);
    cancel = c8x8_cancel_new();
    signal(SIGINT, interrupt);
    status = c8x8_upload_records(client, argv[1], source, options, show_progress, NULL, cancel, &json);
    signal(SIGINT, SIG_DFL);
    fprintf(stderr, "\n");
    c8x8_cancel_free(cancel);
    c8x8_client_free(client);
  }
  /* The report, or the error with the report in it. */
  printf("%s\n%s\n", c8x8_status_name(status), json);
  c8x8_string_free(json);
  return status;
}
