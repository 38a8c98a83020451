#pragma once
// Takes spooled changes into the database, some chunks a step, in the bulk lane: a file of a
// million units does not keep a question waiting, and goes on after a crash where it was. The spool
// was written whole, and checked, before it was handed over (cli/import): so all of it gets in.
//
// A spool is a file of chunks: four bytes of length (little endian), then a serialised
// wire::SyncPush with `changes` only.

#include <string>
#include <vector>

#include "agent/context.h"
#include "agent/records.h"
#include "config/result.h"

namespace yizhan::agent {

class Imports {
 public:
  Imports(Context& context, Records& records) : context_(context), records_(records) {}

  Status recover();
  /// Takes over the spool at `path` (in our state folder). kInvalid if it is no spool.
  Status begin(const store::Import& import, const std::string& slice);
  Status work();
  bool is_busy() const { return !waiting_.empty(); }
  const std::vector<store::Import>& waiting() const { return waiting_; }

 private:
  /// The next chunk of the first file, or its end.
  Status take_chunk();
  Status give_up(const std::string& why);

  Context& context_;
  Records& records_;
  std::vector<store::Import> waiting_;
  std::vector<std::string> slices_;  ///< beside waiting_: the names of their slices
};

}  // namespace yizhan::agent
