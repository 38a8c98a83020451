#include "tests/store/sqlite_fixture.h"

#define STORE_FIXTURES SqliteFile, SqliteMemory
#include "tests/store/server_store_contract.h"
