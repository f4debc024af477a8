// command_serve.cpp - pxrec serve: the server of one pxlaunch. Not for people: its options
// are descriptors that the caller has made.
#include "pxlaunch/base/text.h"
#include "rec/cli/commands.h"
#include "rec/cli/serve.h"

namespace px::rec {

Result<int> command_serve(const Arguments &arguments) {
    ServeOptions options;
    for (const auto &argument : arguments) {
        const auto words = split(argument, '=');
        const long number = words.size() == 2 ? PX_TRY(parse_number(words[1])) : 0;
        if (words[0] == "--keepalive") options.keepalive = static_cast<int>(number);
        if (words[0] == "--ready") options.ready = static_cast<int>(number);
        if (words[0] == "--gpus") options.find_gpus = true;
    }
    serve(options, discover::this_process());
}

} // namespace px::rec
