// command_serve.cpp - pxrec serve: the server of one pxlaunch. Not for people: its
// options are descriptors that the caller has made.
#include "pxlaunch/base/text.h"
#include "rec/cli/commands.h"
#include "rec/cli/serve.h"
#include "rec/cli/site.h"

namespace px::rec {

Result<int> command_serve(const std::vector<std::string> &words) {
    ServeOptions options;
    for (const auto &word : words) {
        const auto parts = split(word, '=');
        const long number = parts.size() == 2 ? PX_TRY(parse_number(parts[1])) : 0;
        if (parts[0] == "--keepalive") options.keepalive = static_cast<int>(number);
        if (parts[0] == "--ready") options.ready = static_cast<int>(number);
        if (parts[0] == "--gpus") options.find_gpus = true;
    }
    // What is wrong with the configuration is for pxlaunch to say, which has read it too.
    serve(options, look_around().here);
}

} // namespace px::rec
