// Which driver a configured URL asks for.

#include <memory>
#include <string>
#include <string_view>

#include "config/result.h"
#include "store/db.h"

namespace yizhan::store {

Result<std::unique_ptr<Db>> open_url(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite://";
  constexpr std::string_view kMysql = "mysql://";
  if (url.starts_with(kMysql)) return open_mysql(url);
  if (url.starts_with(kSqlite)) {
    const std::string path = url.substr(kSqlite.size());
    if (path.starts_with('/')) return open_sqlite(path, kServerSizes);
    return Error{Code::kInvalid, "the path in " + url +
                                     " is not absolute; write sqlite:///var/lib/yizhan/broker.db"};
  }
  // The URL is not repeated whole: it may hold a password.
  return Error{Code::kInvalid, "a store URL starting with \"" + url.substr(0, url.find(':')) +
                                   ":\" is not known; write sqlite:///path or"
                                   " mysql://user:password@host:port/database"};
}

}  // namespace yizhan::store
