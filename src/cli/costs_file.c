/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The file of --costs: a JSON object of names of machine/costs.def, in ns. */
#include <json-c/json.h>

#include "cli/costs_file.h"

/* A second, by far more than any of them can mean. */
#define MAX_COST_NS 1000000000LL

static u64 *cost_of(struct machine_costs *costs, const char *name)
{
#define COST(field, dfl, text)                                                                     \
	if (!strcmp(name, #field))                                                                 \
		return &costs->field;
#include "machine/costs.def"
#undef COST
	return NULL;
}

#define COST(field, dfl, text) " " #field
static const char names[] =
#include "machine/costs.def"
	;
#undef COST

static int apply(json_object *root, struct machine_costs *costs, struct err_msg *e)
{
	if (!json_object_is_type(root, json_type_object))
		return err_set(e, -EINVAL, "expected an object of costs:%s", names);
	json_object_object_foreach(root, name, value) {
		u64 *cost = cost_of(costs, name);
		s64 ns;

		if (!cost)
			return err_set(e, -EINVAL, "\"%s\" is no cost; there are:%s", name, names);
		ns = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
		if (ns < 0 || ns > MAX_COST_NS)
			return err_set(e, -EINVAL, "\"%s\": expected ns, 0 to %lld", name,
				       MAX_COST_NS);
		*cost = ns;
	}
	return 0;
}

int costs_read(const char *path, struct machine_costs *costs, struct err_msg *e)
{
	json_object *root = json_object_from_file(path);
	struct machine_config dfl;
	struct err_msg why;
	int err;

	if (!root)
		return err_set(e, -EINVAL, "%s: cannot be read as JSON", path);
	machine_config_init(&dfl);
	*costs = dfl.costs;
	err = apply(root, costs, &why);
	if (err)
		err_set(e, err, "%s: %s", path, why.text);
	json_object_put(root);
	return err;
}
