/* The vendor's four steps: build and start, add records, pause. Settings come from CAMPAIGNS8X8_BASE_URL (or
 * CAMPAIGNS8X8_CUSTOMER_SITE), CAMPAIGNS8X8_API_KEY and CAMPAIGNS8X8_TENANT. Usage: four_steps CAMPAIGN_ID */
#include <campaigns8x8.h>

#include <stdio.h>

/* Shows what a call said, frees it, and hands the status on. */
static int32_t show(const char *step, int32_t status, char *json) {
  printf("%-12s %s\n  %s\n", step, c8x8_status_name(status), json);
  c8x8_string_free(json);
  return status;
}

int main(int argc, char **argv) {
  const char *campaign = argc > 1 ? argv[1] : "123e4567-e89b-12d3-a456-426614174000";
  const char *records = "{\"records\":[{\"crmRecordId\":\"CRM-1\"},{\"crmRecordId\":\"CRM-2\",\"priority\":\"LOW\"}]}";
  c8x8_client *client = NULL;
  char *json = NULL;
  int32_t status;

  status = c8x8_client_new(NULL, &client, &json);
  status = show("client", status, json);
  if (status != C8X8_OK)
    return status;

  status =
      c8x8_launch_campaign(client, campaign, "{\"strategy\":\"buildThenStart\",\"pollIntervalMs\":100}", NULL, &json);
  status = show("launch", status, json);
  if (status == C8X8_OK) {
    status = c8x8_add_records(client, campaign, records, NULL, &json);
    status = show("add records", status, json);
  }
  if (status == C8X8_OK) {
    status = c8x8_modify_campaign(client, campaign, "{\"action\":\"PAUSE\"}", NULL, &json);
    status = show("pause", status, json);
  }

  c8x8_client_free(client);
  return status;
}
