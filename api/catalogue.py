"""Every problem the service can answer with: status, code, title and detail in both languages.

`detail` may hold {placeholders}; they are filled with our own words and numbers, never with an exception's text.
"""

from __future__ import annotations

from dataclasses import dataclass

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; `type` in an answer is /problems/ and the code with hyphens."""

    code: str
    status: int
    title: Text
    detail: Text

    @property
    def type(self) -> str:
        return "/problems/" + self.code.replace("_", "-")


def _kind(code: str, status: int, title_en: str, title_zh: str, en: str, zh: str) -> Kind:
    return Kind(code, status, {"en": title_en, "zh": title_zh}, {"en": en, "zh": zh})


KINDS = {
    kind.code: kind
    for kind in (
        _kind(
            "malformed_json",
            400,
            "The body is not JSON",
            "请求正文不是有效的 JSON",
            "The body cannot be read as UTF-8 JSON: {cause_en}.",
            "无法将正文按 UTF-8 JSON 读取：{cause_zh}。",
        ),
        _kind(
            "bad_page_token",
            400,
            "The page token cannot be used",
            "翻页标记无效",
            "Pass next_page_token as it was given, with the same filters, or leave it out to start again.",
            "请原样传回 next_page_token 并保持筛选条件不变，或去掉该参数从头开始。",
        ),
        _kind(
            "bad_request",
            400,
            "The request cannot be read",
            "请求无法读取",
            "The request is not one this service understands.",
            "服务无法理解该请求。",
        ),
        _kind(
            "bad_idempotency_key",
            400,
            "The Idempotency-Key cannot be used",
            "Idempotency-Key 无效",
            "Send up to 255 printable characters without blanks, quoted or not, such as a UUID.",
            "请使用不超过 255 个不含空格的可打印字符（可加引号），例如 UUID。",
        ),
        _kind(
            "sign_in_failed",
            400,
            "Signing in failed",
            "登录失败",
            "E-mail, password, code or refresh token do not hold. Check them, or sign in anew.",
            "邮箱、密码、验证码或刷新令牌无效，请检查后重试或重新登录。",
        ),
        _kind(
            "second_factor_needed",
            400,
            "A second factor is needed",
            "需要二次验证",
            "The password is right; send it again with the code of the authenticator app, or a recovery code, as otp.",
            "密码正确；请将身份验证器的验证码或恢复码作为 otp 一并提交。",
        ),
        _kind(
            "unsupported_grant",
            400,
            "This grant type is not offered",
            "不支持该授权类型",
            "Send grant_type password (with username and password) or refresh_token, as a form.",
            "请以表单提交 grant_type：password（附 username 与 password）或 refresh_token。",
        ),
        _kind(
            "key_missing",
            401,
            "A key or an access token is needed",
            "缺少密钥或访问令牌",
            'Send one as "Authorization: Bearer …", or a key as "X-API-Key: KEY".',
            "请在请求头中提供：“Authorization: Bearer 密钥或访问令牌”，或“X-API-Key: 密钥”。",
        ),
        _kind(
            "key_invalid",
            401,
            "The key or access token is not valid",
            "密钥或访问令牌无效",
            "It is unknown, expired or revoked. Sign in again, or ask for a new key.",
            "该密钥或令牌不存在、已过期或已被吊销，请重新登录或申请新的密钥。",
        ),
        _kind(
            "scope_missing",
            403,
            "The caller may not do this",
            "调用方权限不足",
            'This call needs the scope "{scope}", which the key or user does not have.',
            "该接口需要权限范围“{scope}”，当前密钥或用户没有此权限。",
        ),
        _kind(
            "permission_missing",
            403,
            "The caller may not do this here",
            "在此处权限不足",
            'This call needs the permission "{permission}", which is not granted here. Ask the owner for it.',
            "该接口需要权限“{permission}”，当前账号在此处没有该权限；请联系店主分配相应角色。",
        ),
        _kind(
            "user_needed",
            403,
            "This is for people",
            "仅限个人账号",
            "An API key has no password, devices or second factor; sign in as a user.",
            "API 密钥没有密码、设备或二次验证，请以用户身份登录。",
        ),
        _kind(
            "wrong_secret",
            403,
            "The password or code is wrong",
            "密码或验证码错误",
            "Changing how you sign in needs the present password, and the code where there is a second factor.",
            "修改登录方式需要当前密码；已启用二次验证的还需要验证码。",
        ),
        _kind(
            "unknown_store",
            404,
            "There is no such store",
            "店铺不存在",
            "No store with this id is open to the caller. GET /v1/stores lists those that are.",
            "没有可供当前账号访问的此编号店铺。GET /v1/stores 可列出可访问的店铺。",
        ),
        _kind(
            "illegal_move",
            409,
            "The status does not allow this",
            "当前状态不允许该操作",
            "A product in the status {status} cannot take the move {move}; it can take: {allowed_en}.",
            "状态为 {status} 的商品不能执行 {move}；可执行：{allowed_zh}。",
        ),
        _kind(
            "release_blocked",
            409,
            "The pre-check stops this",
            "发布前检查未通过",
            "{count} findings block the product (rules {rules}); each entry of errors names one with its place.",
            "有 {count} 个拦截项（规则 {rules}）；errors 中逐项列出其位置与原因。",
        ),
        _kind(
            "limit_reached",
            409,
            "There is no room for one more",
            "已达上限",
            "The platform allows {limit} {what_en}.",
            "平台最多允许 {limit} 个{what_zh}。",
        ),
        _kind(
            "already_decided",
            409,
            "It was decided before",
            "已有处理结果",
            "Its state is {state}; what was decided is not changed.",
            "当前状态为 {state}，已处理的结果不能更改。",
        ),
        _kind(
            "pack_without_backoffice",
            409,
            "The rule pack does not say",
            "规则包中没有相关规定",
            "The pack in use has no limits for the section {section}; add backoffice/{section}.yaml to it.",
            "当前规则包没有板块 {section} 的限额；请在其中加入 backoffice/{section}.yaml。",
        ),
        _kind(
            "import_unreadable",
            422,
            "The file cannot be imported",
            "文件无法导入",
            "{cause_en}.",
            "{cause_zh}。",
        ),
        _kind(
            "import_taken",
            409,
            "The file is being imported already",
            "该文件正在导入",
            "Another request imports the same file into this store; its state is at GET .../imports.",
            "另一请求正在将同一文件导入该店铺，可通过 GET .../imports 查看进度。",
        ),
        _kind(
            "not_balanced",
            422,
            "The postings do not add up to zero",
            "借贷不平衡",
            "In each currency the amounts of a movement add up to zero; here they are off by {off}.",
            "同一币种的各笔金额之和应为零，当前差额为 {off}。",
        ),
        _kind(
            "unknown_item",
            404,
            "There is no such thing here",
            "数据不存在",
            "Nothing with this id is in this store; it may have been deleted.",
            "此店铺中没有该编号的数据，可能已被删除。",
        ),
        _kind(
            "last_owner",
            409,
            "The last owner stays",
            "必须保留至少一位店主",
            "Make somebody else an owner of the whole legal entity first.",
            "请先将其他用户设为整个主体的店主。",
        ),
        _kind(
            "request_in_flight",
            409,
            "The first request with this key still runs",
            "相同请求正在处理",
            "A request with this Idempotency-Key is being worked on; send it again shortly to get its answer.",
            "带有相同 Idempotency-Key 的请求正在处理，请稍后重新发送以获取结果。",
        ),
        _kind(
            "idempotency_key_reused",
            422,
            "The Idempotency-Key belongs to another request",
            "Idempotency-Key 已用于其他请求",
            "This key was sent before with another body; use a new key for a new request.",
            "此前已用该键发送过不同的内容；新的请求请使用新的键。",
        ),
        _kind(
            "invalid_body",
            422,
            "The body cannot be used",
            "请求正文无法使用",
            "Each entry of errors names the place and what was expected there.",
            "errors 中逐项列出了出错的位置以及应填写的内容。",
        ),
        _kind(
            "precondition_missing",
            428,
            "If-Match is needed",
            "缺少 If-Match",
            "Read it first, and send its ETag as If-Match, so that no change of somebody else is lost.",
            "请先读取，并将其 ETag 作为 If-Match 发送，以免覆盖他人的修改。",
        ),
        _kind(
            "changed_meanwhile",
            412,
            "It was changed meanwhile",
            "数据已被他人修改",
            "Somebody changed it after you read it. Read it again and repeat the change with the new ETag.",
            "在您读取之后数据已被修改。请重新读取，并使用新的 ETag 再次提交。",
        ),
        _kind(
            "no_penalty_rules",
            409,
            "There are no penalty rules for this marketplace",
            "没有该平台的处罚规则",
            'No rule pack with offences and ladders is at hand for "{platform}"; add one, or correct the store.',
            "没有适用于“{platform}”的处罚规则包；请添加规则包，或更正店铺所属平台。",
        ),
        _kind(
            "move_refused",
            409,
            "This cannot happen now",
            "当前状态不允许该操作",
            "It is {state}; what can happen now: {known}.",
            "当前状态为 {state}；可执行：{known}。",
        ),
        _kind(
            "appeal_refused",
            409,
            "This case cannot be appealed",
            "该案件不可申诉",
            "Each entry of errors says why.",
            "errors 中逐项列出了原因。",
        ),
        _kind(
            "store_frozen",
            409,
            "The store may not publish now",
            "店铺当前不可发布商品",
            "{action} because of {ladder} ({step}), until {until}. Appeal the violation, or publish after that.",
            "因 {ladder}（{step}）被{action_zh}，至 {until}。请对违规提出申诉，或在此之后发布。",
        ),
        _kind(
            "conflict",
            409,
            "It conflicts with what is there",
            "与现有数据冲突",
            "Something has the same identifying values already, or what is referred to is missing or still in use.",
            "已存在具有相同标识的数据，或所引用的数据不存在、仍被使用。",
        ),
        _kind(
            "not_found",
            404,
            "There is nothing at this address",
            "地址不存在",
            "Check the path; GET / lists what there is.",
            "请检查路径；GET / 会列出可用的地址。",
        ),
        _kind(
            "unknown_rule",
            404,
            "There is no such rule",
            "规则不存在",
            "No rule has this id{nearest_en}. GET /v1/rules lists them all.",
            "没有此编号的规则{nearest_zh}。GET /v1/rules 可列出全部规则。",
        ),
        _kind(
            "method_not_allowed",
            405,
            "This method does not work here",
            "不支持该请求方法",
            "The Allow header names the methods that do.",
            "可用的方法见 Allow 响应头。",
        ),
        _kind(
            "not_acceptable",
            406,
            "None of the accepted media types is offered",
            "无法提供所要求的格式",
            "This page comes as application/json, text/html and text/markdown.",
            "本页提供 application/json、text/html 和 text/markdown 三种格式。",
        ),
        _kind(
            "body_timeout",
            408,
            "The body did not arrive in time",
            "请求正文接收超时",
            "The whole body has to arrive within {seconds} seconds.",
            "请求正文必须在 {seconds} 秒内完整到达。",
        ),
        _kind(
            "body_too_large",
            413,
            "The body is too large",
            "请求正文过大",
            "At most {limit} bytes are read; send the listings in several batches.",
            "最多接收 {limit} 字节；请分多批提交商品。",
        ),
        _kind(
            "batch_too_large",
            413,
            "The batch holds too many listings",
            "批次中的商品过多",
            "One call checks at most {limit} listings, this one has {count}; send them in several calls.",
            "一次最多检查 {limit} 个商品，本次有 {count} 个；请分多次提交。",
        ),
        _kind(
            "bulk_too_large",
            413,
            "The call holds too many changes",
            "批量操作的条目过多",
            "One call makes at most {limit} changes, this one has {count}; send them in several calls.",
            "一次最多处理 {limit} 项修改，本次有 {count} 项；请分多次提交。",
        ),
        _kind(
            "unsupported_media_type",
            415,
            "The body has to be plain JSON",
            "请求正文必须为 JSON",
            'Send UTF-8 JSON with "Content-Type: application/json" and no Content-Encoding.',
            "请以 UTF-8 编码的 JSON 提交，带上“Content-Type: application/json”，且不要使用 Content-Encoding。",
        ),
        _kind(
            "invalid_input",
            422,
            "The body is JSON, but no listing to check",
            "正文不是可检查的商品数据",
            "Each entry of errors names the place and what was expected there.",
            "errors 中逐项列出了出错的位置以及应填写的内容。",
        ),
        _kind(
            "invalid_parameter",
            422,
            "A query parameter cannot be used",
            "查询参数无效",
            "Each entry of errors names the parameter and what it may be.",
            "errors 中逐项列出了出错的参数及其可用的取值。",
        ),
        _kind(
            "too_many_attempts",
            429,
            "Too many attempts",
            "尝试次数过多",
            "Wrong passwords or codes were sent too often; try again in {seconds} seconds.",
            "密码或验证码错误次数过多，请在 {seconds} 秒后重试。",
        ),
        _kind(
            "rate_limited",
            429,
            "Too many requests",
            "请求过于频繁",
            "The limit is {policy}; try again in {seconds} seconds, or send listings in batches.",
            "限额为 {policy}；请在 {seconds} 秒后重试，或改用批量提交。",
        ),
        _kind(
            "internal_error",
            500,
            "The service failed",
            "服务内部错误",
            "This is our fault, and it is logged. Name the instance when you report it.",
            "这是服务端的问题，已记录日志。反馈时请附上 instance 的值。",
        ),
        _kind(
            "time_budget_spent",
            503,
            "The check took too long",
            "检查超时",
            "The time budget of {seconds} seconds was spent before this could be checked; send it again, with fewer or "
            "smaller listings in one call.",
            "已超过 {seconds} 秒的时间上限，未能完成检查；请减少单次提交的商品数量或缩小商品内容后重新提交。",
        ),
        _kind(
            "database_unreachable",
            503,
            "The database does not answer",
            "数据库无响应",
            "Nothing can be looked up or stored now; try again shortly.",
            "暂时无法查询或保存数据，请稍后重试。",
        ),
        _kind(
            "database_busy",
            503,
            "The database is busy",
            "数据库繁忙",
            "Others are writing the same data; nothing was changed. Send it again.",
            "其他请求正在写入相同数据，本次未做任何修改，请重新提交。",
        ),
    )
}

BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable"}
"""What stands for an error that the framework itself found."""
