/* Runs the first entry of a module on zeros: main MODULE */
#include <moec/Runtime/Runtime.h>
#include <moec/Runtime/Version.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  moec_module *module;
  moec_session *session;
  if (argc != 2 || strcmp(moec_version(), MOEC_VERSION) != 0)
    return 2;
  if (moec_module_load(argv[1], &module) ||
      moec_session_create(module, NULL, &session) ||
      moec_session_run(session, 0)) {
    fprintf(stderr, "%s\n", moec_error_message());
    return 1;
  }
  printf("ran %s of %s with moec %s\n", moec_module_entry_name(module, 0),
         moec_module_name(module), moec_version());
  moec_session_free(session);
  moec_module_free(module);
  return 0;
}
