"""Clauses of AWS standards by rule."""

from __future__ import annotations

from collections.abc import Mapping

_BEST, _CIS, _WELL = "AWS Foundational Security Best Practices:", "CIS AWS Foundations 3.0:", "AWS Well-Architected:"

CLAUSES: Mapping[str, tuple[str, ...]] = {
    "audit-log-settings": (f"{_CIS} 3.7", f"{_BEST} EC2.6"),
    "audit-logs": ("CIS EKS 2.1.1", f"{_BEST} EKS.8, RDS.9, DocumentDB.4"),
    "bucket-exposure": (f"{_CIS} 2.1.4", f"{_BEST} S3.8"),
    "cache-authentication": (f"{_BEST} ElastiCache.6",),
    "cache-standby": (f"{_BEST} ElastiCache.3",),
    "container-hardening": ("CIS EKS 4.2.1-4.2.5",),
    "cost-budget": (f"{_WELL} COST02-BP05",),
    "cost-tags": (f"{_WELL} COST03-BP03",),
    "database-backup-copies": (f"{_WELL} REL13-BP02",),
    "database-backups": (f"{_BEST} RDS.11, DocumentDB.2",),
    "database-exposure": (f"{_CIS} 2.3.3", f"{_BEST} RDS.2"),
    "database-protection": (f"{_BEST} RDS.7, RDS.8, DocumentDB.5",),
    "database-standby": (f"{_BEST} RDS.5",),
    "database-restore-tests": (f"{_WELL} REL09-BP04",),
    "declared-providers": (f"{_WELL} SEC01-BP01",),
    "deletion-guards": (f"{_CIS} 3.6", f"{_BEST} S3.14, KMS.3"),
    "encryption-at-rest": (
        f"{_CIS} 2.2.1, 2.3.1, 2.4.1",
        "CIS EKS 5.3.1",
        f"{_BEST} RDS.3, DocumentDB.1, ElastiCache.4, SNS.1, SQS.1",
    ),
    "encryption-in-transit": (f"{_BEST} CloudFront.3, CloudFront.10, RDS.38, ElastiCache.5",),
    "foreign-accounts": (f"{_WELL} SEC03-BP07",),
    "iam-escalation": (f"{_BEST} IAM.1",),
    "iam-escalation-together": (f"{_BEST} IAM.1", "Rhino Security Labs: AWS IAM privilege escalation"),
    "iam-trust": ("CIS EKS 4.1.7", "AWS IAM: the confused deputy problem"),
    "iam-wildcards": ("CIS AWS: no policies with full administrative privileges", f"{_BEST} IAM.1, IAM.21"),
    "image-scanning": (f"{_BEST} ECR.1, ECR.2",),
    "local-accounts": ("CIS AWS: no access keys of users",),
    "log-retention": (f"{_BEST} CloudWatch.16",),
    "node-limits": (f"{_WELL} COST06-BP03",),
    "open-ingress": (f"{_CIS} 5.2, 5.3", "CIS EKS 5.4.1", f"{_BEST} EC2.18"),
    "open-ingress-together": (f"{_CIS} 5.2, 5.3", f"{_BEST} EC2.18"),
    "plain-http": (f"{_CIS} 2.1.1", f"{_BEST} S3.5"),
    "replication-elsewhere": (f"{_BEST} S3.7", f"{_WELL} REL13-BP02"),
    "secret-rotation": (f"{_BEST} SecretsManager.1, SecretsManager.4",),
    "security-updates": (f"{_CIS} 2.3.2", f"{_BEST} RDS.13, ElastiCache.2"),
    "spot-availability": ("AWS EKS best practices: spot",),
    "static-cloud-keys": ("CIS EKS 5.2.1",),
    "version-and-lock": (f"{_BEST} S3.14", f"{_WELL} REL09-BP02"),
    "workload-spread": (f"{_WELL} REL10-BP01",),
}
