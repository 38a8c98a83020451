#pragma once
// Task files for tests, put together from an envelope and the rest.

#include <string>

namespace yizhan::agent {

inline const char* const kTaskId = "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01";

/// The envelope in lines 1 to 6, the rest from line 7.
inline std::string file_of(const std::string& kind, const std::string& rest) {
  return "[yizhan]\nversion = 1\nkind = " + kind + "\nid = " + kTaskId +
         "\ncreated = 2026-03-04T09:12:00+08:00\nrecipient = user:li.wei\n" + rest;
}

/// A task with what a task needs; `rest` from line 13.
inline std::string task_of(const std::string& rest) {
  return file_of("task",
                 "[job]\nid = J1\ntype = translate\nsource_lang = en-US\ntarget_lang = zh-CN\n"
                 "due = 2026-03-06T18:00:00+08:00\n" +
                     rest);
}

}  // namespace yizhan::agent
