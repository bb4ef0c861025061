"""Jobs and CronJobs: checked, not simulated yet."""

from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.pod import pod_template


@converts("Job", "CronJob")
def job_without_model(field: Field, admission: Admission) -> None:
    """A Job or CronJob: its template is checked."""
    spec = field["spec"]["jobTemplate"]["spec"] if field["spec"]["jobTemplate"].present else field["spec"]
    if spec["template"]["spec"].present and not spec["template"]["spec"]["restartPolicy"].present:
        spec["template"]["spec"]["restartPolicy"].problem('required value: valid values: "OnFailure", "Never"')
    pod_template(spec["template"], admission, restart_policies=("OnFailure", "Never"))
