# State machines for exports of more than 15 minutes, and for lists of them.
mock_provider "aws" {
  alias  = "a"
  source = "./tests/mocks_a"
}

mock_provider "aws" {
  alias  = "b"
  source = "./tests/mocks_b"
}

run "off" {
  assert {
    condition     = output.long_runs == null && length(module.long_runs) == 0 && !strcontains(jsonencode(output.alarm_names), "export")
    error_message = "Nothing of it exists."
  }
  assert {
    condition     = keys(output.endpoint_policies) == ["rds", "s3", "ssm", "sts"]
    error_message = "No endpoint is added."
  }
}

run "fargate" {
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    schedules = {
      months  = { expression = "rate(1 day)", start = "export", route = "fargate", event = "{\"table\":\"public.orders\"}" }
      nightly = { expression = "rate(1 day)", start = "export-all", event = "{\"template\":{\"table\":\"{table}\"},\"forEach\":{\"tables\":[\"public.*\"]}}" }
      again   = { expression = "rate(1 day)", start = "export-all", event = "{\"bucket\":\"data-extraction-bucket\",\"key\":\"exports/plan.json\"}" }
      usual   = { expression = "rate(1 day)" }
    }
  }
  assert {
    condition     = { for key, arn in output.long_runs.machine_arns : key => split(":", arn)[6] } == { export = "rds-data-extractor-export", export_all = "rds-data-extractor-export-all" }
    error_message = "Names derive from name."
  }
  assert {
    condition = jsonencode({ for name, s in aws_scheduler_schedule.this : name => [split(":", s.target[0].arn)[2], jsondecode(s.target[0].input)] }) == jsonencode({
      again   = ["states", { bucket = "data-extraction-bucket", key = "exports/plan.json", route = "function" }]
      months  = ["states", { event = { table = "public.orders" }, route = "fargate" }]
      nightly = ["states", { event = { forEach = { tables = ["public.*"] }, template = { table = "{table}" } }, route = "function" }]
      usual   = ["lambda", { raiseOnError = true }]
    })
    error_message = "A schedule starts what it names, with the input that this takes."
  }
  assert {
    condition = jsonencode([for s in jsondecode(output.policies.scheduler).Statement : [s.Action, s.Resource] if s.Sid == "Start"]) == jsonencode([
    [["states:StartExecution"], values(output.long_runs.machine_arns)]])
    error_message = "The schedules' role may start the machines that they name."
  }
  assert {
    condition     = [for name in output.alarm_names : name if strcontains(name, "-export")] == [for name in ["export-aborted", "export-all-aborted", "export-all-failed", "export-all-timedout", "export-failed", "export-timedout"] : "rds-data-extractor-${name}"]
    error_message = "An execution that failed, took too long or was stopped alarms."
  }
  assert {
    condition     = alltrue([for k, a in aws_cloudwatch_metric_alarm.this : a.statistic == "Sum" && join(" ", keys(a.dimensions)) == "StateMachineArn" if startswith(k, "export")])
    error_message = "They count the executions of a machine."
  }
  assert {
    condition     = keys(output.endpoint_policies) == ["ecr.api", "ecr.dkr", "logs", "rds", "s3", "ssm", "sts"]
    error_message = "A task pulls its image and writes its log through the VPC."
  }
  assert {
    condition = jsondecode(output.policies.cross_account_trust).Statement[0].Condition.StringEquals["aws:PrincipalArn"] == [
    "arn:aws:iam::111111111111:role/rds-data-extractor-task", "arn:aws:iam::111111111111:role/rds-data-extractor"]
    error_message = "Account B trusts the tasks' role as it trusts the function's."
  }
}

run "the_task" {
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    container_cpu       = 4096
    container_memory    = 8192
    container_storage   = 50
    architecture        = "x86_64"
  }
  assert {
    condition = [for t in [module.long_runs[0].task] : [t.cpu, t.memory, t.cpu_architecture, t.storage, t.container.readonlyRootFilesystem, t.container.stopTimeout, t.container.command, t.container.logConfiguration.logDriver]] == [
    ["4096", "8192", "X86_64", 50, true, 120, ["extract"], "awslogs"]]
    error_message = "The task has the size that is asked for, a read-only root and time to clean up."
  }
  assert {
    condition     = { for e in module.long_runs[0].task.container.environment : e.name => e.value } == merge(aws_lambda_function.this.environment[0].variables, { AWS_REGION = "eu-west-1", AWS_LAMBDA_FUNCTION_NAME = "rds-data-extractor" })
    error_message = "A task has the function's settings."
  }
  assert {
    condition     = alltrue([for a in values(aws_cloudwatch_metric_alarm.this) : a.dimensions.FunctionName == { for e in module.long_runs[0].task.container.environment : e.name => e.value }["AWS_LAMBDA_FUNCTION_NAME"] if a.namespace == "RdsDataExtractor"])
    error_message = "The metrics of a task have the dimension of the alarms."
  }
  assert {
    condition     = toset([for s in jsondecode(output.long_runs.policies.task).Statement : s.Sid]) == toset(["ReadConfiguration", "DecryptConfiguration", "AssumeAccountB", "WriteObjects", "ListObjects", "FindUploads"])
    error_message = "Its role may do what the function may, without what only Lambda needs: ${output.long_runs.policies.task}"
  }
  assert {
    condition     = join(" ", module.long_runs[0].task.security_group_ids) == output.function_security_group_id && join(" ", module.long_runs[0].task.subnet_ids) == join(" ", var.account_a_subnet_ids)
    error_message = "It lies where the function lies."
  }
}

run "existing_image" {
  command = plan
  variables {
    long_runs       = "fargate"
    container_image = "333333333333.dkr.ecr.eu-central-1.amazonaws.com/data/extractor@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }
  assert {
    condition     = output.long_runs.repository_url == null && [for s in jsondecode(output.long_runs.policies.execution).Statement : s.Resource if s.Sid == "PullImage"] == [["arn:aws:ecr:eu-central-1:333333333333:repository/data/extractor"]]
    error_message = "No repository is created, and that one may be read."
  }
}

run "public_image" {
  command = plan
  variables {
    long_runs       = "fargate"
    aws_api_access  = "existing"
    container_image = "ghcr.io/acme/rds-data-extractor:1.0"
  }
  assert {
    condition     = [for s in jsondecode(output.long_runs.policies.execution).Statement : s.Sid] == ["WriteLogs"]
    error_message = "A registry other than ECR needs no permission."
  }
}

run "uploads_of_a_day_and_more" {
  command = plan
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    long_run_hours      = 167
  }
  assert {
    condition     = jsondecode(output.long_runs.definitions.export).TimeoutSeconds == 167 * 3600 && [for r in module.bucket[0].rules : r.abort_days if r.abort_days != null] == [7]
    error_message = "The bucket that is created keeps incomplete uploads for seven days, longer than any run."
  }
}

run "definitions" {
  command = plan
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    long_run_attempts   = 2
    export_concurrency  = 7
    s3_kms_key_id       = "arn:aws:kms:eu-west-1:111111111111:key/s"
    environment         = { FORMAT = "jsonl", COMPRESSION = "zstd" }
  }
  assert {
    condition     = jsondecode(output.long_runs.definitions.export).TimeoutSeconds == 23 * 3600
    error_message = "An execution ends before a day is over."
  }
  assert {
    condition     = [for p in [jsondecode(output.long_runs.definitions.export).States["Store event"].Parameters] : [p.Bucket, p.ServerSideEncryption, p.SSEKMSKeyId, p.ExpectedBucketOwner]] == [["data-extraction-bucket", "aws:kms", "arn:aws:kms:eu-west-1:111111111111:key/s", "111111111111"]]
    error_message = "Events are encrypted as the exports are."
  }
  assert {
    condition     = [for each in [jsondecode(output.long_runs.definitions.export_all).States.Each] : [each.MaxConcurrency, each.ToleratedFailurePercentage]] == [[7, 100]]
    error_message = "All run, a bounded number at once."
  }
  assert {
    condition     = strcontains(output.long_runs.definitions.export, "States.Format('exports/_runs/{}', $$.Execution.Name)")
    error_message = "Results lie below the prefix of the exports."
  }
}

run "set_by_default" {
  command = plan
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    environment         = { MAX_FILE_SIZE = "256MiB" }
  }
  assert {
    condition     = [for c in jsondecode(output.long_runs.definitions.export).States.Input.Choices : c.Next] == ["NoEvent", "Incremental", "Named"]
    error_message = "If every result is a set, its name is that of a folder."
  }
}

run "bucket_of_another" {
  command = plan
  variables {
    long_runs           = "fargate"
    container_image_tag = "v1"
    bucket              = "existing"
    s3_bucket_owner     = "333333333333"
    s3_key_prefix       = null
    bucket_abort_days   = 3
    long_run_hours      = 71
    bucket_encryption   = "aws:kms"
  }
  assert {
    condition = [for s in jsondecode(output.long_runs.policies.export).Statement : [s.Resource, s.Condition] if s.Sid == "Results"] == [[["arn:aws:s3:::data-extraction-bucket/_runs/*"],
    { StringEquals = { "aws:ResourceAccount" = "333333333333" } }]]
    error_message = "Without a prefix the results lie at the root of the bucket, whoever owns it."
  }
  assert {
    condition     = [for s in local.key_statements : s.Condition.ArnEquals["aws:PrincipalArn"] if s.Sid == "RolesWriteObjects"] == [[for name in ["", "-task", "-export", "-export-all"] : "arn:aws:iam::111111111111:role/rds-data-extractor${name}"]]
    error_message = "The key admits all that write."
  }
}
