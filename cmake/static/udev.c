// udev.c - stands for libudev in static builds: Debian ships no libudev.a, and libhwloc.a
// asks it only for names of block devices, which we never look at. "There is no udev" is
// an answer that hwloc handles (topology-linux.c).
#include <stddef.h>

struct udev;
struct udev_device;

struct udev *udev_new(void) {
    return NULL;
}
struct udev *udev_unref(struct udev *udev) {
    return udev;
}
struct udev_device *udev_device_new_from_subsystem_sysname(struct udev *udev,
                                                           const char *subsystem,
                                                           const char *name) {
    (void)udev, (void)subsystem, (void)name;
    return NULL;
}
struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type,
                                                unsigned long long number) {
    (void)udev, (void)type, (void)number;
    return NULL;
}
const char *udev_device_get_property_value(struct udev_device *device, const char *name) {
    (void)device, (void)name;
    return NULL;
}
struct udev_device *udev_device_unref(struct udev_device *device) {
    return device;
}
