// Any bytes as a task file: no crash and no hang; errors name the file; what is taken passes the
// check of messages, and is written and read back to the same message.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/task_file.h"
#include "config/result.h"
#include "wire/codec.h"
#include "wire/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool looks_ended = agent::is_complete(bytes);
  (void)agent::is_task_file(bytes);
  const auto file = agent::parse_task_file(bytes, "fuzz.ini");
  if (!file.ok()) {
    CHECK_THAT_HOLDS(file.error().message.rfind("fuzz.ini:", 0) == 0);
    CHECK_THAT_HOLDS(file.error().message.find('\n') == std::string::npos);
    return 0;
  }
  CHECK_THAT_HOLDS(file->complete == looks_ended);
  CHECK_THAT_HOLDS(wire::check_message(file->message).ok());
  (void)wire::expires_us(file->message);
  for (const agent::AttachmentClaim& claim : file->attachments) {
    CHECK_THAT_HOLDS(wire::check_attachment_name(claim.name).ok());
    CHECK_THAT_HOLDS(claim.name.find('/') == std::string::npos);
  }
  const std::string written = agent::format_task_file(file->message);
  const auto again = agent::parse_task_file(written, "again.ini");
  CHECK_THAT_HOLDS(again.ok());
  CHECK_THAT_HOLDS(again->complete);
  CHECK_THAT_HOLDS(wire::content_hash(again->message) == wire::content_hash(file->message));
  CHECK_THAT_HOLDS(agent::format_task_file(again->message) == written);
  return 0;
}
