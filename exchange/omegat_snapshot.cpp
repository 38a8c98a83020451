// The stored form of a snapshot: a line that says which form, then fixed-size rows in little
// endian.

#include <algorithm>
#include <iterator>

#include "exchange/omegat_diff.h"

namespace yizhan::exchange {

namespace {

constexpr std::string_view kForm = "yizhan-omegat-snapshot 1\n";
constexpr std::size_t kCheckBytes = 8;

void put(std::string* out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) *out += static_cast<char>(number >> shift & 0xFF);
}

std::uint64_t take(std::string_view* in) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>((*in)[i])} << (8 * i);
  }
  in->remove_prefix(8);
  return number;
}

std::string check_of(std::string_view bytes) {
  return std::string(sha256_of(bytes).view().substr(0, kCheckBytes));
}

}  // namespace

std::string OmegatSnapshot::bytes() const {
  std::string out(kForm);
  put(&out, entries.size());
  put(&out, seen.size());
  put(&out, newest.size());
  for (const Entry& entry : entries) {
    out += entry.id.view();
    put(&out, entry.text);
    put(&out, entry.note);
    put(&out, entry.rev);
  }
  for (const std::uint64_t writing : seen) put(&out, writing);
  out += newest;
  return out + check_of(out);
}

Result<OmegatSnapshot> OmegatSnapshot::parse(std::string_view bytes) {
  const Error damaged{Code::kCorrupt, "the snapshot of project_save.tmx is damaged"};
  constexpr std::size_t kEntryBytes = wire::RecordId::kSize + 24;
  if (bytes.size() < kForm.size() + 24 + kCheckBytes || !bytes.starts_with(kForm)) return damaged;
  std::string_view rest = bytes.substr(0, bytes.size() - kCheckBytes);
  if (check_of(rest) != bytes.substr(rest.size())) return damaged;
  rest.remove_prefix(kForm.size());
  const std::uint64_t entry_count = take(&rest);
  const std::uint64_t seen_count = take(&rest);
  const std::uint64_t newest_size = take(&rest);
  if (rest.size() / kEntryBytes < entry_count || rest.size() / 8 < seen_count ||
      rest.size() != entry_count * kEntryBytes + seen_count * 8 + newest_size) {
    return damaged;
  }
  OmegatSnapshot snapshot;
  snapshot.entries.reserve(entry_count);
  for (std::uint64_t i = 0; i < entry_count; ++i) {
    Entry entry;
    entry.id = *wire::RecordId::from(rest.substr(0, wire::RecordId::kSize));
    rest.remove_prefix(wire::RecordId::kSize);
    entry.text = take(&rest);
    entry.note = take(&rest);
    entry.rev = take(&rest);
    snapshot.entries.push_back(entry);
  }
  for (std::uint64_t i = 0; i < seen_count; ++i) snapshot.seen.push_back(take(&rest));
  snapshot.newest = rest;
  return snapshot;
}

}  // namespace yizhan::exchange
