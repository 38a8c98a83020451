#pragma once
// What a translator has done in a followed project, on its way into the database: his translations
// from project_save.tmx, his new terms from glossary.txt, his questions from notes. Everything is
// derived again from the same files after a crash, and by then known: so nothing is said twice.

#include <string>

#include "agent/context.h"
#include "agent/project_place.h"
#include "agent/records.h"
#include "config/result.h"
#include "exchange/omegat_diff.h"
#include "exchange/omegat_glossary.h"
#include "exchange/omegat_project.h"

namespace yizhan::agent {

/// Where the agent keeps what it knows of a project.
std::string project_state_folder(const AgentOptions& options, const std::string& name);

class ProjectCollector {
 public:
  ProjectCollector(Context& context, Records& records, const ProjectPlace& place,
                   const exchange::OmegatProject& layout)
      : context_(context), records_(records), place_(place), layout_(layout) {}

  /// Reads project_save.tmx whole; kUnavailable if it was replaced meanwhile, kInvalid or kLimit
  /// if it is damaged, and then nothing is taken; errors of the store are `*fatal`.
  Status collect_units(Status* fatal);
  Status collect_terms(Status* fatal);

 private:
  class Taken;
  Result<exchange::OmegatSnapshot> snapshot() const;
  Status put_units(Taken& taken);
  Status ask(const exchange::OmegatQuestion& question);
  Status propose(const exchange::GlossaryLine& line);
  void tell(const exchange::OmegatDiffReport& report);

  Context& context_;
  Records& records_;
  const ProjectPlace& place_;
  const exchange::OmegatProject& layout_;
};

}  // namespace yizhan::agent
