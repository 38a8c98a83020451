#include "broker/slices.h"

#include <algorithm>

#include "wire/history.h"

namespace yizhan::broker {
namespace {

constexpr std::string_view kPersonal = "user:";

}  // namespace

std::string personal_slice(std::string_view user) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string path(kPersonal);
  for (const char c : user) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7F && c != '/' && c != '*' && c != '%') {
      path += c;
    } else {
      path += '%';
      path += kDigits[byte >> 4U];
      path += kDigits[byte & 15U];
    }
  }
  return path;
}

bool is_personal(std::string_view slice) { return slice.starts_with(kPersonal); }

std::string_view project_of(std::string_view slice) {
  const std::size_t first = slice.find('/');
  if (first == std::string_view::npos) return {};
  const std::string_view rest = slice.substr(first + 1);
  return rest.substr(0, rest.find('/'));
}

Status Slices::load() {
  TRY_ASSIGN(const std::vector<store::Slice> slices, store_.slices());
  TRY_ASSIGN(rights_, store_.rights());
  slices_.clear();
  names_.clear();
  for (const store::Slice& slice : slices) {
    names_[slice.id] = slice.name;
    slices_[slice.name] = slice;
  }
  return {};
}

const store::Slice* Slices::find(const std::string& name) const {
  const auto found = slices_.find(name);
  return found == slices_.end() ? nullptr : &found->second;
}

const store::Slice* Slices::find(store::SliceId id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? nullptr : find(found->second);
}

Result<const store::Slice*> Slices::make(const std::string& name, std::int64_t now_us) {
  if (const store::Slice* known = find(name)) return known;
  TRY(wire::check_slice(name));
  store::Slice slice;
  slice.name = name;
  TRY_ASSIGN(slice.id, store_.insert_slice(name, now_us));
  names_[slice.id] = name;
  return &(slices_[name] = slice);
}

Status Slices::set_head(const std::string& name, std::uint64_t head) {
  store::Slice& slice = slices_.at(name);
  slice.head = head;
  return store_.set_head(slice.id, head);
}

Status Slices::set_purged(const std::string& name, std::uint64_t seq) {
  store::Slice& slice = slices_.at(name);
  slice.purged = seq;
  return store_.set_purged(slice.id, seq);
}

Status Slices::allow(const store::SliceRight& right) {
  TRY(wire::check_slice(right.path));
  if (is_personal(right.path)) {
    return Error{Code::kInvalid, right.path + " is what somebody wrote and was written, outside of "
                                     "projects; nobody else gets a right on it"};
  }
  const std::size_t colon = right.who.find(':');
  const std::string kind = right.who.substr(0, std::min(colon, right.who.size()));
  const bool known = kind == "user" || kind == "role" || kind == "group" || kind == "code";
  if (!known || colon == std::string::npos || colon + 1 == right.who.size()) {
    return Error{Code::kInvalid, "'" + right.who +
                                     "' is nobody a right can be given to: write user:NAME,"
                                     " role:NAME, group:NAME or code:UNIQUE-CODE"};
  }
  TRY(store_.set_right(right));
  TRY_ASSIGN(rights_, store_.rights());
  return {};
}

bool Slices::means(std::string_view who, const store::Client& client) {
  const std::size_t colon = who.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string kind(who.substr(0, colon));
  const std::string name(who.substr(colon + 1));
  if (kind == "user") return client.user == name;
  if (kind == "code") return client.code == name;
  if (kind == "role") return client.roles.contains(name);
  if (kind == "group") return client.groups.contains(name);
  return false;
}

store::Access Slices::access(const store::Client& client, std::string_view slice) const {
  if (is_personal(slice)) {
    const bool own = !client.user.empty() &&
                     wire::slice_covers(personal_slice(client.user), slice);
    return own ? store::Access::kWrite : store::Access::kNone;
  }
  const std::string project(project_of(slice));
  if (!project.empty() && client.groups.contains(project)) return store::Access::kWrite;
  store::Access access = store::Access::kNone;
  for (const store::SliceRight& right : rights_) {
    if (right.access > access && wire::slice_covers(right.path, slice) &&
        means(right.who, client)) {
      access = right.access;
    }
  }
  return access;
}

std::vector<std::string> Slices::writable_paths(const store::Client& client) const {
  std::vector<std::string> paths;
  for (const store::SliceRight& right : rights_) {
    if (right.access == store::Access::kWrite && means(right.who, client)) {
      paths.push_back(right.path);
    }
  }
  return paths;
}

}  // namespace yizhan::broker
