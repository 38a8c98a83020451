// Writing single records by hand.

#include "cli/commands.h"

namespace yizhan::cli {

int run_records_set(const Invocation& call) {
  Json fields = Json::object();
  const auto take = [&](const char* argument, const char* field) {
    if (call.has(argument)) fields[field] = call.one(argument);
  };
  take("from", "src_lang");
  take("to", "tgt_lang");
  take("SOURCE", "source");
  take("TARGET", "target");
  take("status", "status");
  Json arguments = Json::parse(call.command->fixed);
  if (call.has("ID")) {
    arguments["id"] = call.one("ID");
  } else {
    for (const char* needed : {"slice", "from", "to"}) {
      if (!call.has(needed)) return fail_usage(std::string("--") + needed + " is missing");
    }
    arguments["slice"] = call.one("slice");
    if (!call.has("status")) fields["status"] = "translated";
    fields["origin"] = "human";
  }
  arguments["fields"] = std::move(fields);
  return ask_with(call, arguments);
}

}  // namespace yizhan::cli
