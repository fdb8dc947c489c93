/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel-shaped types of the scheduler: the machine runs on them, and BPF
 * programs read the very same memory through the kernel BTF that is made from
 * this header. Member names and types are Linux 6.12's; offsets are ours (CO-RE
 * adapts). What no BPF program should see is in machine/sched.h.
 *
 * A member that BPF programs of real schedulers read belongs here even if the
 * machine itself does not need it, and must then be kept true.
 */
#ifndef KTYPES_SCHED_H
#define KTYPES_SCHED_H

#include "base/list.h"
#include "base/rbtree_types.h"
#include "ktypes/cpumask.h"
#include "ktypes/scx_entity.h"

/* states (task_struct.__state) */
#define TASK_RUNNING 0x0000
#define TASK_INTERRUPTIBLE 0x0001
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_DEAD 0x0080
#define TASK_WAKING 0x0200
#define TASK_NEW 0x0800
#define EXIT_DEAD 0x0010 /* task_struct.exit_state */

/* task_struct.flags */
#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_WQ_WORKER 0x00000020
#define PF_KTHREAD 0x00200000
#define PF_NO_SETAFFINITY 0x04000000

/* policies */
#define SCHED_NORMAL 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#define SCHED_DEADLINE 6
#define SCHED_EXT 7

#define MAX_RT_PRIO 100
#define MAX_PRIO 140
#define DEFAULT_PRIO 120
#define NICE_TO_PRIO(nice) ((nice) + DEFAULT_PRIO)
#define PRIO_TO_NICE(prio) ((prio) - DEFAULT_PRIO)

#define TASK_COMM_LEN 16

struct cgroup;
struct css_set;
struct fs_struct;
struct mm_struct;
struct rq;
struct sched_class;
struct task_group;
struct task_struct;

struct load_weight {
	unsigned long weight;
	u32 inv_weight;
};

struct sched_avg {
	u64 last_update_time;
	u64 load_sum;
	u64 runnable_sum;
	u32 util_sum;
	u32 period_contrib;
	unsigned long load_avg;
	unsigned long runnable_avg;
	unsigned long util_avg;
	unsigned int util_est;
};

struct sched_entity {
	struct load_weight load;
	struct rb_node run_node;
	u64 deadline;
	u64 min_vruntime;
	u64 min_slice;
	struct list_head group_node;
	unsigned char on_rq;
	unsigned char sched_delayed;
	unsigned char rel_deadline;
	unsigned char custom_slice;
	u64 exec_start;
	u64 sum_exec_runtime;
	u64 prev_sum_exec_runtime;
	u64 vruntime;
	s64 vlag;
	u64 slice;
	u64 nr_migrations;
	int depth;
	struct sched_entity *parent;
	struct cfs_rq *cfs_rq;
	struct cfs_rq *my_q;
	unsigned long runnable_weight;
	struct sched_avg avg;
};

struct sched_rt_entity {
	struct list_head run_list;
	unsigned long timeout;
	unsigned int time_slice; /* ticks left, SCHED_RR */
	unsigned short on_rq;
	unsigned short on_list;
};

struct mm_struct {
	int mm_users;
	int mm_count;
	unsigned long total_vm;
};

struct kernfs_node {
	u64 id;
	const char *name;
	struct kernfs_node *parent;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
	struct list_head sibling;
	struct list_head children;
	int id;
	unsigned int flags;
	u64 serial_nr;
};

#define CGROUP_MAX_DEPTH 16

struct cgroup {
	struct cgroup_subsys_state self;
	unsigned long flags;
	int level;
	int max_depth;
	int nr_descendants;
	struct kernfs_node *kn;
	struct cgroup *old_dom_cgrp; /* NULL: no cgroup here is threaded */
	struct cgroup *ancestors[CGROUP_MAX_DEPTH];
	void *bpf_cgrp_storage; /* local storage of BPF maps; owned by src/kobj */
};

struct css_set {
	struct cgroup *dfl_cgrp;
	int nr_tasks;
};

struct task_group {
	struct cgroup_subsys_state css;
	int idle;
	unsigned long shares;
	long load_avg;
	struct task_group *parent;
	u32 scx_flags;
	u32 scx_weight;
	u64 scx_bw_period_us, scx_bw_quota_us, scx_bw_burst_us; /* cpu.max; no period: not set */
};

struct signal_struct {
	int nr_threads;
	struct task_struct *group_exec_task;
};

struct thread_info {
	unsigned long flags;
	u32 status;
	u32 cpu;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int on_cpu;
	int wake_cpu;
	int recent_used_cpu;
	int on_rq;
	int prio;
	int static_prio;
	int normal_prio;
	unsigned int rt_priority;
	struct sched_entity se;
	struct sched_rt_entity rt;
	struct sched_ext_entity scx;
	const struct sched_class *sched_class;
	struct task_group *sched_task_group;
	unsigned long core_cookie;
	unsigned int policy;
	unsigned long max_allowed_capacity;
	int nr_cpus_allowed;
	const cpumask_t *cpus_ptr;
	cpumask_t *user_cpus_ptr;
	cpumask_t cpus_mask;
	unsigned short migration_disabled;
	struct list_head tasks;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	struct fs_struct *fs; /* NULL: no task here has files */
	int exit_state;
	int exit_code;
	unsigned sched_reset_on_fork : 1;
	unsigned sched_contributes_to_load : 1;
	unsigned sched_migrated : 1;
	unsigned in_iowait : 1;
	s32 pid;
	s32 tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children;
	struct list_head sibling;
	struct task_struct *group_leader;
	struct list_head thread_node;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_time;
	u64 start_boottime;
	char comm[TASK_COMM_LEN];
	struct signal_struct *signal;
	struct css_set *cgroups;
	u32 usage; /* references; kernel: refcount_t */
	u32 rcu_users;
	void *bpf_storage; /* local storage of BPF maps; owned by src/kobj */
};

struct cfs_rq {
	struct load_weight load;
	unsigned int nr_running;
	unsigned int h_nr_queued;
	unsigned int h_nr_runnable; /* queued, less the delayed ones */
	unsigned int h_nr_delayed;
	unsigned int idle_h_nr_running;
	s64 avg_vruntime;
	u64 avg_load;
	u64 zero_vruntime;
	u64 min_vruntime; /* up to 6.5 */
	struct rb_root_cached tasks_timeline;
	struct sched_entity *curr;
	struct sched_entity *next;
	struct sched_avg avg;
	/* how much of tg's load is here, and what parents have to be told of avg's changes */
	unsigned long tg_load_avg_contrib;
	u64 last_update_tg_load_avg;
	long propagate;
	long prop_runnable_sum;
	unsigned long h_load;
	u64 last_h_load_update;
	struct sched_entity *h_load_next;
	struct rq *rq;
	int on_list;
	struct list_head leaf_cfs_rq_list;
	struct task_group *tg;
	/* bandwidth */
	int runtime_enabled;
	s64 runtime_remaining;
	u64 throttled_clock;
	u64 throttled_clock_pelt;
	u64 throttled_clock_pelt_time;
	int throttled;
	int throttle_count;
	struct list_head throttled_list;
	struct list_head throttled_csd_list;
};

#define RT_BITMAP_LONGS 2

struct rt_prio_array {
	unsigned long bitmap[RT_BITMAP_LONGS];
	struct list_head queue[MAX_RT_PRIO];
};

struct rt_rq {
	struct rt_prio_array active;
	unsigned int rt_nr_running;
	unsigned int rr_nr_running;
	bool overloaded;
	int rt_queued;
	bool rt_throttled;
	u64 rt_time;
	u64 rt_runtime;
};

struct rq {
	unsigned int nr_running;
	u64 nr_switches;
	struct cfs_rq cfs;
	struct rt_rq rt;
	struct scx_rq scx;
	unsigned int nr_uninterruptible;
	struct task_struct *curr;
	struct task_struct *idle;
	struct task_struct *stop;
	unsigned long next_balance;
	u64 clock;
	u64 clock_task;
	unsigned long cpu_capacity;
	int cpu;
	int online;
	u64 idle_stamp;
	u64 avg_idle;
	unsigned int ttwu_count;
};

struct kernel_cpustat {
	u64 cpustat[10];
};

#endif
