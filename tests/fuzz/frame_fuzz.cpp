// Any bytes as a frame of either side: a value or an error; what is taken is written and read back
// to the same bytes; and a message that passes the check never trips what relies on the check.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace {

using namespace yizhan;

void use(const wire::Message& message) {
  (void)wire::content_hash(message);
  if (!wire::check_message(message).ok()) return;
  CHECK_THAT_HOLDS(wire::id_of(message).view() == message.id());
  (void)wire::expires_us(message);
  wire::Body body;
  CHECK_THAT_HOLDS(body.ParseFromString(message.body()));
  (void)wire::find_entry(body, "job", "id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto from_agent = wire::decode_from_agent(bytes);
  if (from_agent.ok()) {
    const std::string written = wire::encode(*from_agent);
    const auto again = wire::decode_from_agent(written);
    CHECK_THAT_HOLDS(again.ok() && wire::encode(*again) == written);
    for (const wire::Message& message : from_agent->push().messages()) use(message);
  }
  const auto from_broker = wire::decode_from_broker(bytes);
  if (from_broker.ok()) {
    const std::string written = wire::encode(*from_broker);
    const auto again = wire::decode_from_broker(written);
    CHECK_THAT_HOLDS(again.ok() && wire::encode(*again) == written);
    for (const auto& one : from_broker->deliver().deliveries()) use(one.message());
  }
  return 0;
}
