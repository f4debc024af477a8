#pragma once
// What `pxrec run --image` asks for, by the layers of pxlaunch: the site's and the user's
// files, PXLAUNCH_ variables, the command line.

#include "pxlaunch/job/environment.h"
#include "rec/cli/arguments.h"
#include "rec/cli/site.h"

namespace px::rec {

struct ImageSettings {
    std::string image, engine, pull; // engine, pull: empty: none was named
    std::vector<std::string> devices;
    std::vector<std::string> mounts; // "SRC:DST", absolute
};

// A path that is relative to the directory, as an absolute one.
std::string absolute(const std::string &path, const std::string &directory);

// `directory` is where pxrec was started. An Error: an option is locked by the site.
Result<ImageSettings> image_settings(const Arguments &arguments, const Site &site,
                                     const std::string &directory);

// The same and all other settings as variables for a pxlaunch in the image, which sees no
// file of the node's: nor the hostfile that pxrec's server has followed.
job::Environment settings_inside(const Site &site, const ImageSettings &settings);

} // namespace px::rec
