#include "tests/store/mariadb_fixture.h"

#define STORE_FIXTURES Mariadb
#include "tests/store/server_store_contract.h"
