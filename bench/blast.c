// Sends small UDP datagrams at a rate: blast ADDRESS PACKETS_A_SECOND SECONDS CONNECTIONS_A_SECOND. Each connection is a source port that
// is used for a while and then not again soon. Prints how many were sent.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, OPEN = 64 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_from(const struct sockaddr_in *to, unsigned short port) {
  struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(port) };
  int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (fd < 0 || bind(fd, (const void *)&from, sizeof from) != 0 || connect(fd, (const void *)to, sizeof *to) != 0) {
    perror("blast");
    exit(1);
  }
  return fd;
}

int main(int count, char **words) {
  if (count != 5) return fprintf(stderr, "usage: blast ADDRESS PACKETS_A_SECOND SECONDS CONNECTIONS_A_SECOND\n"), 2;
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
  if (inet_pton(AF_INET, words[1], &to.sin_addr) != 1) return fprintf(stderr, "blast: no address: %s\n", words[1]), 2;
  double rate = atof(words[2]), seconds = atof(words[3]), births = atof(words[4]), start = now();
  struct iovec bytes = { "0123456789abcdef", 16 };
  struct mmsghdr messages[BATCH];
  int fds[OPEN];
  long sent = 0, born = 0;
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){ .msg_iov = &bytes, .msg_iovlen = 1 };
  for (int i = 0; i < OPEN; i++) fds[i] = open_from(&to, (unsigned short)(2000 + born++));
  for (double passed = 0; passed < seconds; passed = now() - start) {
    if ((double)(born - OPEN) < passed * births) {
      int at = (int)(born % OPEN);
      close(fds[at]);
      fds[at] = open_from(&to, (unsigned short)(2000 + born++ % 60000));
    }
    if ((double)sent > passed * rate) { usleep(50); continue; }
    int got = sendmmsg(fds[sent / BATCH % OPEN], messages, BATCH, 0);
    if (got > 0) sent += got;
  }
  return printf("%ld\n", sent), 0;
}
