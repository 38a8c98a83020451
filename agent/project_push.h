#pragma once
// What others have done, on its way into a followed project: tm/yizhan and glossary/yizhan. Derived
// from the database, so it is written after the commit and written again whenever in doubt.

#include <cstdint>
#include <string>

#include "agent/context.h"
#include "agent/project_place.h"
#include "agent/records.h"
#include "config/result.h"
#include "exchange/omegat_project.h"
#include "exchange/omegat_shards.h"

namespace yizhan::agent {

class ProjectPusher {
 public:
  ProjectPusher(Context& context, Records& records, const ProjectPlace& place,
                const exchange::OmegatProject& layout)
      : context_(context), records_(records), place_(place), layout_(layout) {}

  struct Pushed {
    std::uint64_t units = 0;
    std::size_t files = 0;
    bool more = false;  ///< another push shall follow
    std::uint64_t left_out = 0;
  };
  /// Writes what is to be written now. `open`: OmegaT has the project open; `review`: look at older
  /// units too (exchange/omegat_shards.h). On failure what is there is whole, and `state` says what
  /// it is.
  Result<Pushed> push_units(exchange::ShardState* state, bool open, bool review);
  /// The same for terms and answers, all of them. Returns how many files were written or removed.
  Result<std::size_t> push_terms();

  /// What was in tm/yizhan when the agent last ran. Without a file of it, all is written anew.
  exchange::ShardState load_state() const;

 private:
  Status write_shard(const exchange::Shard& shard, const class ProjectMarks& marks);
  Status put_text(const std::string& folder, const std::string& name, const std::string& text,
                  std::size_t* written);
  std::string state_file() const;

  Context& context_;
  Records& records_;
  const ProjectPlace& place_;
  const exchange::OmegatProject& layout_;
};

}  // namespace yizhan::agent
