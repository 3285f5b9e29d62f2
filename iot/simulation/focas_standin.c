/* A library with the vendor's names and nobody's code: it does what a script beside it says, and notes what was called.
 * By hand: cc -shared -fPIC -o libfwlib32.so focas_standin.c -ldl; manage.py machine_sim --focas FOLDER does it, too.
 *
 * <address>.script beside the library is read anew at every call; lines of a word and a number:
 *   6711 100        a parameter's value            run 3           a field of ODBST
 *   fail_read -1    cnc_rdparam gives this code    fail_connect -16, fail_status 15
 *   slow_read 200   milliseconds before answering  slow_connect 200
 *   hang_read 1     never comes back               hang_connect 1
 *   crash_read 1    writes to address 0            print 1         prints to standard output
 * calls.log holds a line for each handle taken and given back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct odbst { int16_t hdck, tmmode, aut, run, motion, mstb, emergency, alarm, edit; };
struct iodbpsd { int16_t datano, type; union { int32_t ldata; char room[256]; } u; };

static char addresses[64][64];

static void beside(char *path, const char *name) {
    Dl_info info;
    dladdr((void *)beside, &info);
    snprintf(path, 512, "%s", info.dli_fname);
    char *end = strrchr(path, '/');
    snprintf(end + 1, 512 - (end + 1 - path), "%s", name);
}

static int scripted(const char *address, const char *key, int otherwise) {
    char path[512], name[80], word[64];
    int number;
    snprintf(name, sizeof name, "%s.script", address);
    beside(path, name);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%63s %d", word, &number) == 2)
        if (!strcmp(word, key)) otherwise = number;
    if (file) fclose(file);
    return otherwise;
}

static void note(const char *what, const char *address, int number) {
    char path[512];
    beside(path, "calls.log");
    FILE *file = fopen(path, "a");
    fprintf(file, "%s %s %d\n", what, address, number);
    fclose(file);
}

static int16_t behave(const char *address, const char *call) {
    char key[32];
    snprintf(key, sizeof key, "slow_%s", call);
    usleep(1000 * scripted(address, key, 0));
    snprintf(key, sizeof key, "crash_%s", call);
    if (scripted(address, key, 0)) *(volatile int *)0 = 1;
    snprintf(key, sizeof key, "hang_%s", call);
    while (scripted(address, key, 0)) pause();
    if (scripted(address, "print", 0)) { printf("noise from the library\n"); fflush(stdout); }
    snprintf(key, sizeof key, "fail_%s", call);
    return scripted(address, key, 0);
}

int16_t cnc_startupprocess(long level, const char *log) {
    FILE *file = fopen(log, "w");
    if (!file) return -6;
    fclose(file);
    return level == 0 ? 0 : -6;
}

int16_t cnc_allclibhndl3(const char *address, uint16_t port, long seconds, uint16_t *handle) {
    note("asked", address, port);
    int16_t code = behave(address, "connect");
    if (code) return code;
    for (int free = 1; free < 64; free++)
        if (!addresses[free][0]) {
            snprintf(addresses[free], 64, "%s", address);
            note("taken", address, (int)seconds);
            *handle = free;
            return 0;
        }
    return -8;
}

int16_t cnc_freelibhndl(uint16_t handle) {
    if (handle > 63 || !addresses[handle][0]) return -8;
    note("freed", addresses[handle], handle);
    addresses[handle][0] = 0;
    return 0;
}

int16_t cnc_rdparam(uint16_t handle, int16_t number, int16_t axis, int16_t length, struct iodbpsd *filled) {
    const char *address = addresses[handle & 63];
    char key[16];
    if (!address[0]) return -8;
    if (axis != 0) return 4;
    if (length != 8) return 2;
    int16_t code = behave(address, "read");
    if (code) return code;
    snprintf(key, sizeof key, "fail_%d", number);
    if ((code = scripted(address, key, 0))) return code;
    snprintf(key, sizeof key, "%d", number);
    filled->datano = scripted(address, "echo", number);
    filled->type = 3 << 8;
    filled->u.ldata = scripted(address, key, 0);
    return 0;
}

int16_t cnc_statinfo(uint16_t handle, struct odbst *filled) {
    const char *address = addresses[handle & 63];
    if (!address[0]) return -8;
    int16_t code = behave(address, "status");
    if (code) return code;
    filled->aut = scripted(address, "aut", 0);
    filled->run = scripted(address, "run", 0);
    filled->alarm = scripted(address, "alarm", 0);
    filled->emergency = scripted(address, "emergency", 0);
    return 0;
}
