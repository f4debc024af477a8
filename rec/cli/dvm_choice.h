#pragma once
// Whether and how a PRRTE DVM may be started here.

#include "rec/cli/serve.h"
#include "rec/cli/site.h"

namespace px::rec {

// Finds PRRTE (below `prefix`, if that is not empty), or says why there can be no DVM.
Result<void> choose_dvm(const std::string &prefix, bool shared_node_allowed,
                        const Site &site, ServeOptions &options);

// Of what 'prte --version' says (5.0.0rc1 begins with an empty line); 0: it is not PRRTE.
int prrte_major(const std::string &text);

// The users who can log in here, by /etc/passwd: those with a shell and no system number.
std::vector<std::string> login_users(const std::string &passwd);

// The first database of users beside that file, by /etc/nsswitch.conf ("sss"), whose
// users cannot be counted; "" if there is none.
std::string user_database(const std::string &nsswitch);

// Who can log in here beside us, in words: by both files. "": nobody.
std::string others(const std::string &passwd, const std::string &nsswitch);

} // namespace px::rec
