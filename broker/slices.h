#pragma once
// Which slices of history data there are, and who may read and write them. Default deny: a client
// has what a right on the slice's path, or on a path above it, gives to its user, one of its roles
// or groups, or its unique code; and the group that is named like the project (the second name of
// the path) may write it, so that putting somebody into the group is all it takes.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "store/server_store.h"
#include "store/sync_server_store.h"

namespace yizhan::broker {

class Slices {
 public:
  explicit Slices(store::SyncServerStore& store) : store_(store) {}

  /// Reads slices and rights. Call again after either was changed behind our back.
  Status load();

  /// nullptr if there is none.
  const store::Slice* find(const std::string& name) const;
  /// nullptr if there is none.
  const store::Slice* find(store::SliceId id) const;
  Result<const store::Slice*> make(const std::string& name, std::int64_t now_us);
  Status set_head(const std::string& name, std::uint64_t head);
  Status set_purged(const std::string& name, std::uint64_t seq);
  /// kNone takes the right away. kInvalid if the path or the address is not one, or if the path is
  /// somebody's own.
  Status allow(const store::SliceRight& right);

  /// Whether `who` ("user:li.wei", "role:pm", …) means `client`.
  static bool means(std::string_view who, const store::Client& client);
  store::Access access(const store::Client& client, std::string_view slice) const;
  /// Paths in which `client` may make slices.
  std::vector<std::string> writable_paths(const store::Client& client) const;

  const std::map<std::string, store::Slice>& all() const { return slices_; }
  const std::vector<store::SliceRight>& rights() const { return rights_; }

 private:
  store::SyncServerStore& store_;
  std::map<std::string, store::Slice> slices_;
  std::map<store::SliceId, std::string> names_;
  std::vector<store::SliceRight> rights_;
};

/// "user:li.wei": what lies below is his alone, whatever rights and groups say. Characters that
/// have a meaning in a path are written as %2F.
std::string personal_slice(std::string_view user);
bool is_personal(std::string_view slice);

/// "PRJ-1" of "HL-GEAR/PRJ-1/en-US/zh-CN"; empty for a path of one name.
std::string_view project_of(std::string_view slice);

}  // namespace yizhan::broker
