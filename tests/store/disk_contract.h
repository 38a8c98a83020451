#pragma once
// What every Disk does. Included by the test of each implementation, which gives an empty folder.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "store/disk.h"
#include "tests/store/checks.h"

namespace yizhan::store {

/// Names and sizes of a folder in one line: "a:3 b/ ".
inline std::string listing(Disk& disk, const std::string& folder) {
  std::string text;
  for (const FileInfo& entry : take(disk.list(folder))) {
    text += entry.name;
    if (entry.type == FileType::kRegular) text += ":" + std::to_string(entry.size);
    if (entry.type == FileType::kDirectory) text += "/";
    if (entry.type == FileType::kOther) text += "?";
    text += " ";
  }
  return text;
}

inline void check_reading_and_writing(Disk& disk, const std::string& root) {
  const std::string path = root + "/note.ini";
  const std::string bytes("a\0b\xFF", 4);
  take(disk.write(path, bytes, true));
  CHECK(take(disk.read(path, 4)) == bytes);
  CHECK(outcome(disk.read(path, 3)) == "limit");
  CHECK(take(disk.read_at(path, 2, 10)) == bytes.substr(2));
  CHECK(take(disk.read_at(path, 1, 2)) == bytes.substr(1, 2));
  CHECK(take(disk.read_at(path, 4, 1)).empty());
  CHECK(take(disk.read_at(path, 400, 1)).empty());
  take(disk.write(path, "", false));
  CHECK(take(disk.read(path, 0)).empty());
  CHECK(listing(disk, root) == "note.ini:0 ");

  take(disk.write_at(root + "/part", 2, "cd"));
  take(disk.write_at(root + "/part", 0, "ab"));
  take(disk.sync(root + "/part"));
  CHECK(take(disk.read(root + "/part", 10)) == "abcd");
  CHECK(take(disk.digest(root + "/part")).sha256 == sha256_of("abcd"));
  CHECK(take(disk.digest(root + "/part")).size == 4);
  CHECK(take(disk.digest(path)).sha256 == sha256_of(""));
}

inline void check_listing(Disk& disk, const std::string& root) {
  CHECK(listing(disk, root).empty());
  take(disk.make_folder(root + "/deep/er"));
  take(disk.make_folder(root + "/deep/er"));
  take(disk.write(root + "/b", "bb", false));
  take(disk.write(root + "/a", "a", false));
  take(disk.write(root + "/deep/hidden", "", false));
  CHECK(listing(disk, root) == "a:1 b:2 deep/ ");
  CHECK(listing(disk, root + "/deep") == "er/ hidden:0 ");
  const FileInfo info = take(disk.info(root + "/b"));
  CHECK(info == take(disk.list(root))[1]);
  CHECK(info.mtime_ns > 0);
  CHECK(take(disk.info(root + "/deep")).type == FileType::kDirectory);
  take(disk.write(root + "/b", "bb", false));
  CHECK(take(disk.info(root + "/b")).inode != info.inode);
  CHECK(outcome(disk.make_folder(root + "/a")) == "conflict");
  CHECK(outcome(disk.remove_folder(root + "/deep")) == "io");
  take(disk.make_folder(root + "/other", false));
  take(disk.remove_folder(root + "/other"));
  take(disk.remove_folder(root + "/other"));
  CHECK(listing(disk, root) == "a:1 b:2 deep/ ");
}

inline void check_renaming_and_copying(Disk& disk, const std::string& root) {
  take(disk.make_folder(root + "/in"));
  take(disk.make_folder(root + "/out"));
  take(disk.write(root + "/in/a", "A", true));
  take(disk.write(root + "/out/b", "B", true));
  CHECK(outcome(disk.rename(root + "/in/a", root + "/out/b")) == "conflict");
  CHECK(outcome(disk.copy_durable(root + "/in/a", root + "/out/b")) == "conflict");
  CHECK(outcome(disk.rename(root + "/in/none", root + "/out/c")) == "not-found");
  CHECK(outcome(disk.rename(root + "/in/a", root + "/none/a")) == "not-found");
  CHECK(listing(disk, root + "/in") == "a:1 ");
  CHECK(take(disk.read(root + "/out/b", 9)) == "B");
  take(disk.copy_durable(root + "/in/a", root + "/out/copy"));
  const FileInfo before = take(disk.info(root + "/in/a"));
  CHECK(before.changed_ns >= before.mtime_ns);
  take(disk.rename(root + "/in/a", root + "/out/a"));
  // It lies there since now, and is the same file as before.
  CHECK(take(disk.info(root + "/out/a")).changed_ns >= before.changed_ns);
  CHECK(take(disk.info(root + "/out/a")) == before);
  CHECK(listing(disk, root + "/in").empty());
  CHECK(listing(disk, root + "/out") == "a:1 b:1 copy:1 ");
  // Replacing leaves one file, the new one.
  take(disk.replace(root + "/out/a", root + "/out/b"));
  CHECK(listing(disk, root + "/out") == "b:1 copy:1 ");
  CHECK(take(disk.read(root + "/out/b", 9)) == "A");
  take(disk.write(root + "/out/a", "A", true));
  take(disk.replace(root + "/out/a", root + "/in/new"));
  CHECK(listing(disk, root + "/in") == "new:1 ");
  CHECK(outcome(disk.replace(root + "/out/a", root + "/out/b")) == "not-found");
  CHECK(outcome(disk.replace(root + "/in/new", root + "/out")) == "invalid");
  CHECK_FALSE(disk.locked(root + "/out/b"));
  CHECK_FALSE(disk.locked(root + "/out/none"));
  take(disk.remove(root + "/out/a"));
  take(disk.remove(root + "/out/a"));
  CHECK(listing(disk, root + "/out") == "b:1 copy:1 ");
}

inline void check_refusals(Disk& disk, const std::string& root) {
  take(disk.make_folder(root + "/folder"));
  const std::string none = root + "/none";
  CHECK(outcome(disk.read(none, 1)) == "not-found");
  CHECK(outcome(disk.read_at(none, 0, 1)) == "not-found");
  CHECK(outcome(disk.info(none)) == "not-found");
  CHECK(outcome(disk.list(none)) == "not-found");
  CHECK(outcome(disk.digest(none)) == "not-found");
  CHECK(outcome(disk.sync(none)) == "not-found");
  CHECK(outcome(disk.copy_durable(none, root + "/x")) == "not-found");
  CHECK(outcome(disk.write(none + "/x", "", true)) == "not-found");
  CHECK(outcome(disk.write_at(none + "/x", 0, "")) == "not-found");
  CHECK(outcome(disk.read(root + "/folder", 1)) == "invalid");
  CHECK(outcome(disk.digest(root + "/folder")) == "invalid");
  CHECK(outcome(disk.write(root + "/folder", "", false)) != "ok");
  CHECK(outcome(disk.remove(root + "/folder")) != "ok");
  CHECK(listing(disk, root) == "folder/ ");
}

/// `other` is a link, FIFO or device that the caller made in `root`.
inline void check_other(Disk& disk, const std::string& root, const std::string& other) {
  CHECK(take(disk.info(other)).type == FileType::kOther);
  CHECK(take(disk.list(root)).back().type == FileType::kOther);
  CHECK(outcome(disk.read(other, 100)) == "invalid");
  CHECK(outcome(disk.read_at(other, 0, 100)) == "invalid");
  CHECK(outcome(disk.digest(other)) == "invalid");
  CHECK(outcome(disk.copy_durable(other, root + "/copy")) == "invalid");
  CHECK(outcome(disk.write_at(other, 0, "x")) == "invalid");
  CHECK(outcome(disk.sync(other)) == "invalid");
}

}  // namespace yizhan::store
