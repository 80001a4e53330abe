"""Danger: fire, gas, injury, violence, people trapped, despair, peril, all by patterns; thanks and anger.

A miss here can cost a life, and a false alarm costs one sentence with 119 / 110 / 120 in it: in doubt, it is danger.
"""

from __future__ import annotations

import re

from nlu.peril import peril
from nlu.understanding import Emergency, Mood

_WHO = r"(?:人|老|孩|娃|囡|小[伙姑朋]|学生|女|男|妈|爸|爷|奶|我|他|她|大[爷妈叔]|阿[姨婆公]|伯)"

# In order of what to say first when several are named.
_DANGERS: tuple[tuple[Emergency, re.Pattern[str]], ...] = (
    (
        Emergency.FIRE,
        re.compile(
            r"(?<![打点]不)[着起失走]了?火(?!爆|锅|车|腿|气|了一样)|着起来|烧起来|烧着了|火烧(?:房|屋|了|起)|火灾|自燃|爆炸|炸了|爆燃|救火|浓烟|火光"
            r"|冒(?:着|出|了|起)?(?:白|黑|浓|大|青|股|一股)*烟|冒(?:火|明火)|火(?:苗|势)|烟(?:很|好)?大.{0,4}(?:火|烧)|打火花|冒火[星花]"
            r"|噼(?:里|噼)?啪[^。!?]{0,8}(?:焦|糊|烟)|(?<![一拿抽点吸掏叼])起烟(?!囱|花)|(?:滚滚|乌)烟(?!瘴)|冒?蓝火|(?:插座|插头|充电器|电瓶|电池)[^。!?]{0,10}(?:烫手|鼓(?:起|包)|冒)"
        ),
    ),
    (
        Emergency.GAS,
        re.compile(
            r"(?:煤气|燃气|天然气|液化气|瓦斯|钢瓶|气瓶|管道气|煤氣).{0,6}(?:味|泄漏|泄露|漏|臭|嘶嘶|嗞嗞|刺鼻|扑鼻)|臭鸡蛋味|煤气.{0,2}(?:熏|露了|开着忘)|(?:滋滋|嗞嗞|嘶嘶).{0,2}(?:冒|漏)气|闻到.{0,4}(?:煤气|燃气|瓦斯|天然气)"
            r"|(?<!轮胎)(?<!车胎)漏(?:煤气|燃气|气)(?!球)|(?:煤气|一氧化碳)中毒"
            r"|(?:天然|燃|煤|液化)汽.{0,8}(?:味|漏|臭)|(?:挖|刨|铲|钻|撞)(?:断|破|穿)[^。!?]{0,10}(?:喷|冒|漏|呲).{0,2}气|管[^。!?]{0,6}(?:挖|刨|铲|钻|撞)(?:断|破|穿)[^。!?]{0,8}(?:喷|冒|漏).{0,2}气|(?:罐|气瓶|接头|阀门?)[^。!?]{0,8}(?:嘶嘶|滋滋|嗞嗞|呲呲)"
        ),
    ),
    (
        Emergency.TRAPPED,
        re.compile(
            r"困(?:在|住|勒|到|了)|被困(?!难|扰|惑)|(?:关|卡|锁)(?:在|勒|到)(?:了)?.{0,6}(?:电梯|里面|里头|车里|屋里|房间)|(?:夹|埋|压)(?:在|到)(?:了)?.{0,6}(?:底下|下面|废墟|石头|土里).{0,4}(?:人|救|出不)|人.{0,4}(?:埋|压)(?:在|到)"
            r"|电梯.{0,14}(?:关|困|卡|停).{0,6}(?:人|我|孩|小|老|娃)|(?:关|困|卡|停).{0,8}电梯.{0,3}(?:里|出不)|(?:电梯|轿厢|升降机).{0,8}(?:往下掉|急坠|两层楼?中间|之间|门打?不开|不走了.{0,6}上不去)|电梯里.{0,6}(?:有|还有).{0,3}(?:人|孩|小|老|娃)"
            r"|(?:电梯|里面|屋里|房间|车里).{0,6}(?:出不[来去]|出弗来)|救命.{0,6}电梯|反锁在(?:里|屋|家|房|车)"
            r"|(?:电梯|货梯|轿厢|吊篮|缆车)[^。!?]{0,4}(?:停|卡|坠|掉|灭|不动)[^。!?]{0,10}(?:里头|里面|里).{0,3}(?:有|是|还).{0,3}(?:大肚|孕妇|人|孩|娃|老|小)|(?:关|困|卡|闷|反锁)在.{0,3}(?:货梯|轿厢|地窖|井里|冷库|后备箱|阳台)"
            r"|(?:窖|井|池|坑|罐|舱)[^。!?]{0,14}(?:没(?:有)?(?:上来|出来|回音|动静)|喊不应)|(?:收割机|搅拌机|绞肉机|传送带|机器|压面机|粉碎机|扶梯)[^。!?]{0,8}(?:绞|缠|卷|轧|卡|夹)(?:进|到|住|人|里)|(?:手|脚|腿|胳膊|手臂|头发).{0,3}(?:绞|缠|卷|轧)(?:进|住|入)"
        ),
    ),
    (
        Emergency.VIOLENCE,
        re.compile(
            r"打(?:人|相打|群架|老婆|女人|孩子|小孩|娃|耳光|得.{0,4}(?:血|爬|动|肿|伤))(?!家|工|口|电话|的?电话)|打起来(?!电话)|打(?:架|相打)|(?:扭|殴|厮|对)打|斗殴|围殴|围着.{0,3}(?:打|揍)"
            r"|(?:揍|砍|捅|扎)(?:人|我|他|她|伤|死)|(?<!树)(?<!木)被.{0,4}砍了|(?:拿|持|动|亮|挥|掏|拎|提)(?:着|出|起|了|把|一把|着把)*(?:刀|菜刀|斧|铁棍|砍刀|匕首|枪|榔头)(?!削|切|片)"
            r"|家暴|(?<!术)动手(?:了|打)|动起手|(?:抡|抄)(?:起|着|了)?.{0,2}(?:棍|棒|锹|凳|家伙|钢管|铁|砖)|(?:拿|拎|提|举)着?.{0,2}(?:棍|棒|钢管|酒瓶|砖头).{0,6}(?:打|砸|敲|砸|互|追|要|冲)|棍子抡|(?:互|对)砸|追着.{0,6}打|围着.{0,6}(?:踹|踢|骂)|往死里|掐架|干(?:起|了)?架|干起来了|揪(?:着|住).{0,4}头发|按在地上|拖(?:到|进).{0,4}(?:巷|车|屋)|约架|要出人命|刀都拿|拿.{0,3}刀|打(?:公交)?司机|打保安|打医生|被.{0,6}(?:打|揍)(?:了|伤|得|到|我|在|死|晕|哭|倒|肿|惨)|(?:老公|丈夫|男人|爸|妈|儿子|媳妇|继父|前夫|邻居|后爸|老头子).{0,6}打(?:我|她|他|伤|孩子|老|小孩)"
            r"|要(?:杀|弄死|砍|打死|捅|烧死)(?:了)?(?:我|人|他|她|全家)|杀人|行凶|抢劫|抢(?:包|钱|项链|手机)|绑架|强奸|强暴|猥亵|掐(?:我|她|他|住)?(?:的)?脖子|(?<!下来)(?<!掉)(?<!会)(?<!要)砸(?:人|店|车窗)|喊救命|持刀|凶器|非礼"
            r"|弄死(?:我|你|他|她|全家|人)|同归于尽|(?:撬|砸)(?:我家?)?.{0,3}(?:锁|门)[^。!?]{0,16}(?:一个人|不敢|害怕|很怕)|(?:男的|女的|人|男人|车)(?:一直|老是|总是|老)?(?:跟着|跟踪|尾随)(?:我|她)|(?:拎|提|拿|抱|端)(?:着|个|了)?.{0,3}汽油桶|泼汽油"
            r"|(?:拉|拖|拽|抱)(?:着|走|了)?.{0,3}(?:小孩|孩子|女孩|娃).{0,6}(?:车上|面包车|上车)"
        ),
    ),
    (
        Emergency.DESPAIR,
        re.compile(
            r"(?<!都)不想活(?!动)|活不下去|活着.{0,4}(?:没|有什么|有啥)(?:有)?.{0,2}(?:意思|劲|意义)|(?:我|俺)(?:真的?|好|很|就|也|都)?想(?:死|自杀|轻生)(?!你|了你)"
            r"|一了百了|想结束(?:自己)?.{0,2}生命"
            r"|(?:像|是|留|写|发)(?:了|下|封|一封|个|张)*(?:的)?遗(?:书|言)(?!公证|怎)|一死了之|(?:我|也|真)不想(?:再)?(?:过|活)(?:了|下去)|后事.{0,3}(?:交代|安排好|托付)|(?:交代|安排)(?:了|好).{0,2}后事|药(?:都|也)?(?:攒|买)好了|再也(?:不用|不会|不想)醒|(?:说|写).{0,2}不想(?:让|被).{0,4}找到|手腕.{0,6}(?:划|割)|(?:门缝|窗缝)[^。!?]{0,6}(?:封|堵)[^。!?]{0,10}炭|照顾好我的.{0,6}我(?:要)?走了"
        ),
    ),
    (
        Emergency.INJURY,
        re.compile(
            r"(?<!狗)(?<!猫)(?<!鸟)受了?(?:重)?伤|流(?:了|着|好多|很多|满|一地)?.{0,2}血(?!汗|压|糖)|出血|吐血|血流|是血|都是血|晕(?:倒|过去|厥)|昏(?:倒|迷|过去)|不省人事|没(?:了|有)?(?:呼吸|心跳)|(?:人|爸|妈|老伴|奶|爷).{0,3}没气了"
            r"|叫不醒|喊不醒|抽搐|口吐白沫|(?:摔|跌|压|砸|撞|烧|烫|炸|割|刺|捅|咬|打|扎)伤|(?:摔|跌|撞|打|压)断|骨折|(?:心脏病|心梗|脑梗|中风|癫痫|羊癫疯).{0,4}(?:发|犯|了)"
            rf"|(?:摔|跌|倒|躺).{{0,8}}(?:起不来|动不了|爬不起|不会动|不动了|弗动)|(?:摔|跌|掉|滑)(?:到|进|下|落).{{0,6}}(?:河|井|湖|塘|坑|沟|楼|下去|里面)(?=$|[了去,。!!哉]).{{0,4}}(?:人|了|哉)|{_WHO}.{{0,6}}(?:掉|摔|跌|滑)(?:到|进|下|落).{{0,8}}(?:河|井|湖|塘|坑|沟|楼下|下去|洞|水)"
            rf"|溺水|落水|淹(?:死|水里)|跳(?:楼|河|桥|江|湖|水)(?!价|舞|绳)|触电|电(?:到|倒|死)(?:了|人|我)|被电(?:了|到|倒|着)|中毒|喝(?:了)?农药|割腕|上吊|想不开|自杀|轻生|不想活|要寻死|中暑|噎(?:住|着)|卡(?:住)?喉咙"
            rf"|(?:车|骑)?.{{0,2}}撞(?:了|到|倒|上|飞|死|着)?(?:了)?(?:一个|个|路)?{_WHO}|被.{{0,5}}(?:车|车子).{{0,2}}撞|(?:头|脸|鼻子|手|腿|脚|眼睛).{{0,3}}(?:都)?(?:破|断|血|砸|肿)了?(?=$|[了,。!都得流])"
            r"|(?:胸口|心口|肚子)痛得|喘不(?:上|过)气|要生了|羊水破|救救(?:我|命|他|她|孩子)|救命(?!恩|钱|药)|(?:要|想)往下跳|从.{0,5}(?:窗|楼|阳台).{0,4}(?:翻|掉|跳|摔)(?:出|下)|(?:手|脚|头|腿|人).{0,3}(?:卡|夹|绞|轧|切)(?:在|住|到|进)|跌煞|跌伤|(?:动也?[弗不]会?动)|(?:胸|心)口(?:疼|痛|闷得)|抽过去|掉(?:到|进|在)?.{0,3}(?:塘|河|井|湖|江|粪坑|沟)里?(?:了|咯|哉|去)|救护车(?!让|占|进不|堵|通道|都|来了|也)|被(?:狗|犬|蛇|马蜂|蜂|黄蜂).{0,3}(?:咬|蜇|叮|扑倒)|(?:狗|蛇|蜂).{0,3}(?:咬|蜇)(?:了|到|伤)(?:人|我|孩|小|老|娃)"
            r"|嘴(?:巴|角)?(?:都|也)?(?:歪|斜)(?:了|到|掉)|(?:半|一)边(?:的)?(?:身子|手脚|膀子|胳膊)[^。!?]{0,6}(?:抬不|动不|不会动|没知觉|不听)|胸口?(?:闷|痛|疼)[^。!?]{0,16}(?:冷汗|发麻|麻|喘)"
            r"|(?:吞|咽)(?:下|进|了|掉)[^。!?]{0,6}(?:电池|硬币|钉|针|磁|玻璃|刀片)|(?:电池|硬币|磁珠|玻璃|钉子)[^。!?]{0,4}(?:吞|咽)(?:下|进|了|掉)|(?:农药|百草枯|敌敌畏|老鼠药|洁厕|消毒[水液]|洗衣液)[^。!?]{0,8}(?:喝|吞|吃)(?:了|下|进|掉)"
            r"|(?:卡|噎|呛)(?:到|住|了|着)[^。!?]{0,12}(?:脸|嘴唇?).{0,3}(?:紫|青|憋)|(?:蘑菇|菌子?|菌菇)[^。!?]{0,14}(?:小人|吐|晕|肚子?[痛疼]|抽)|(?:84|洁厕|氨气|氯气|槽罐|刺鼻)[^。!?]{0,14}(?:呛得|睁不开|喘不|晕)|(?:趴|瘫)在?方向盘"
        ),
    ),
)

# English is read by its plainest words; "fire extinguisher", "fire lane" and a question about them are no fire.
_ENGLISH: tuple[tuple[Emergency, re.Pattern[str]], ...] = (
    (
        Emergency.FIRE,
        re.compile(
            r"\b(?:on fire|in flames|is burning|caught fire|exploded|explosion|thick smoke|black smoke)\b"
            r"|\bfire\b(?! ?(?:extinguisher|hydrant|lane|exit|door|drill|alarm|station|safety|works|engine|truck))"
        ),
    ),
    (
        Emergency.GAS,
        re.compile(r"\bgas (?:is )?leak(?:s|ing)?\b|\bsmell(?:s|ing)? (?:of )?(?:the )?gas\b|\bgas smell\b"),
    ),
    (Emergency.TRAPPED, re.compile(r"\btrapped\b|\b(?:stuck|locked) in(?:side)?\b|\b(?:cannot|can't) get out\b")),
    (
        Emergency.VIOLENCE,
        re.compile(
            r"\b(?:is|are|was|were|he|she|they) (?:fighting|beating|hitting|attacking|stabbing)\b|\bbeats me\b"
            r"|\b(?:has|with) a (?:knife|gun)\b|\bkill (?:me|him|her|us)\b|\b(?:attacked|stabbed|robbed|raped)\b"
        ),
    ),
    (
        Emergency.INJURY,
        re.compile(
            r"\b(?:injured|bleeding|unconscious|fainted|not breathing|heart attack|drown(?:ing|ed)|ambulance)\b"
            r"|\b(?:poisoned|suicide)\b|\bbitten by\b|\b(?:dog|snake) (?:has )?bit(?:ten)?\b"
            r"|\b(?:cannot|can't) get up\b|\b(?:hit|run over) by a \w+\b"
            r"|^(?:please )?help(?: us)?(?: please)?[!. ]*$|\bhelp me\b(?! (?:with|to|find|understand))"
        ),
    ),
)
_ENGLISH_NO = re.compile(
    r"\b(?:what (?:should|to|do|can)|how (?:do|to|can)|who can|if|in case of|put out|last (?:year|month|week)|no|not)\b"
)

# What stands before in the same clause and takes the danger away: not so, not yet, not now, not here.
_NOT_SO = re.compile(
    r"(?:没有?|没人|未|不是|并非|无|不会|别|不要|不准|不能|不许|禁止|严禁|弗是|以为)(?:再|有人|人|说|让|是|被)?.{0,2}$"
)
_NOT_YET = re.compile(
    r"如果|假如|要是|倘若|万一|一旦|若|容易|可能会?|会不会|要不要|怕|担心|小心|当心|提防|防止|预防|避免|以防|以免|免得|谨防|防|差点|差一点|险些|迟早|早晚|搞不好|弄不好|哪天|说不定"
    r"|引起|引发|导致|造成|发生过|会不会|别|什么情况下|怎么预防|怎样预防|能不能|可以.{0,2}吗|是不是|碰到|遇到|遇见|发现有人"
)
_NOT_NOW = re.compile(
    r"去年|前年|上次|上个?月|以前|从前|当年|那年|那次|曾经|小时候|年轻时|上上|前阵子|前段时间|听说|某地|外地|前几天|新闻|电视|电影|视频|抖音|游戏|小说|梦|演习|演练|模拟|讲座|培训|段子|网上|朋友圈"
)
# What follows and takes it away.
_ONLY_TALK = re.compile(
    r"^(?:隐患|演习|演练|讲座|培训|宣传|知识|险|报警器|报警|安全|事故率|应急|预案|常识|通道|自救|逃生|怎么赔|赔多少|能报销|算工伤|鉴定|保险|药|膏|贴|面|锅|机|器材|假|能用|可以用|用水|谁也跑不|跑都跑不|往哪[跑逃]|怎么[跑逃]|的电影|的视频|的新闻|的游戏|的段子|的话)"
)
_OVER = re.compile(
    r"已经?(?:经)?(?:扑灭|灭了|救出来|放出来|出来了|没事|送医|送到?医院|好了|拉开|解决|处理好)|虚惊一场|没事了|找到了|报平安|别报警|是演的|拍戏|密室|剧本杀|捉迷藏|警察抓小偷|过家家|鬼屋|碰碰车|火灭了|是误会|搞错了|开玩笑"
)
# Figures of speech.
_FIGURE = re.compile(
    r"(?:气|急|忙|热|渴|累|火大|馋|辣|干|困|笑)(?:得|的|到)?(?:我|人|他|她)?(?:要|都|快|头顶|头上|嗓子|喉咙|眼睛|七窍|直|想)*(?:冒烟|着火|冒火|打人|打架|杀人|吐血|晕倒|晕过去|爆炸|昏过去)"
    r"|(?:嗓子|喉咙|嘴巴?|头顶|键盘|眼睛)(?:都|快|要|直)*(?:冒烟|着火|冒火)|眼皮.{0,2}打架|烟囱.{0,2}冒|(?:猫|狗|鸡|鹅|物业|颜色|衣服|数据).{0,8}打架|生意.{0,4}火|火了|爆炸(?:好吃|好看|头|糖|盐)|(?:手机|电脑).{0,3}(?:要|快)?爆炸|心里.{0,2}火|着火了[—-]+心里"
    r"|(?:股票|基金|亏).{0,4}(?:跳楼|出血)|跳楼(?:大甩卖|价|甩卖|机)|被(?:作业|工作|论文|题|考试|加班|感情).{0,2}困|(?:加班|上班|作业|考试|上课|开会|无聊|尴尬)(?:加|上|写|考|开)?(?:得|的|到)?.{0,6}(?:想死|要死|不活了|活不)|(?:撞|打|杀|砍)死我(?:算了|得了|吧)|血(?:压|糖|脂|汗)|(?:群里?|消息|电话|朋友圈|群).{0,3}(?:炸了|爆炸)|困(?:死|得|的|意|觉)|困了(?!在|\d|住)|(?:没|弗)困着"
    r"|(?:高|大)出血价|大放血|打(?:人)?工|(?:香|饭|菜|肉|蒸|锅).{0,3}冒(?:着)?(?:白|热)?[烟气]|火(?:锅|车|腿|气|热)|点火|打火机|上火|发火|恼火"
)
_CLAUSE = re.compile(r"[,。!?;、\n ~]|但是?|可是|结果|现在|刚才|居然|竟然|突然")

_VIOLENT = re.compile(
    r"家暴|打(?:我|她|他|老婆|老人|老娘|老爹|孩子|小孩|妈|爸|得|死|人|断|伤|肿)(?!电话|招呼|个电话|官司|工|家)|打相打|动(?:手|刀|粗)(?!术|做|机|能|吧)|拿(?:着)?(?:刀|棍|菜刀|斧)|砍|捅|掐|扇|耳光|拳打|拳头|踢(?:我|她|他|人|打)|踹(?:我|她|他|人)|揍|殴|杀|弄死"
    r"|打起来|打架|(?:脸|眼|身).{0,4}(?:青|肿|紫|伤)|被.{0,5}打|威胁|恐吓|泼(?:汽油|硫酸|开水)|摔东西|砸|救命|限制.{0,3}自由|锁在|关起来|不让.{0,4}出(?:门|来)|虐待|烫|烟头|强迫|逼我"
)
_THANKS = re.compile(
    r"谢谢|感谢|多谢|谢了|谢啦|谢过|道谢|辛苦(?:了|你|您|大家|师傅)|点个?赞|太好了|真好|很满意|表扬|好样的|给力|暖心|锦旗|棒|麻烦你们?了|厉害|效率(?:真|很|好)?高|👍|🙏|❤|🌹|💐"
)
_ANGER = re.compile(
    r"气死|气人|太过分|过分了|忍无可忍|受够|受不了|忍不了|没人管|无人管|没有人管|有没有人管|管不管|不作为|推(?:来推去|诿|脱|皮球)|踢皮球|扯皮|敷衍|糊弄|骗人|骗子|不要脸|缺德|没素质|什么玩意|什么态度|吃干饭|吃闲饭|白吃"
    r"|第?[二三四五六七八九十几多\d]次了|多少(?:次|遍|回)了|几百遍|说了(?:多少|几|好多|n)(?:次|遍|回)|还不(?:来|处理|解决|修|管)|到底(?:管|修|来|有没有|要|什么时候)|忽悠|妈的|他妈|tmd|混蛋|王八|滚|垃圾(?:物业|公司|服务|社区)|再不.{0,8}(?:就|我)|曝光|😡|🤬|💢|!{3,}"
)
_THANKS_IN_ENGLISH = re.compile(r"\bthank(?:s|\b)|\bthx\b|\bwell done|\bgood job|\bappreciate")
_ANGER_IN_ENGLISH = re.compile(
    r"\bfed up|\bnobody (?:cares|comes|does)|\bridiculous|\buseless|\bhow many times|\bhad enough|\bdisgrace"
)
_NO_THANKS = re.compile(r"谢谢你?们?(?:全家|八辈|祖宗)|不用谢|谢绝|不客气")


def emergency(text: str) -> Emergency | None:
    """Returns the danger that normalised `text` tells of as being there now, or None.

    "着火了怎么办" is one, for nobody asks that in calm; "灭火器怎么用", "万一着火", "没有着火" and "上次着火" are none.
    """
    figures = [found.span() for found in _FIGURE.finditer(text)]
    for danger, pattern in _DANGERS:
        for found in pattern.finditer(text):
            if any(start <= found.start() < end for start, end in figures):
                continue
            if _real(text, found.start(), found.end()):
                return danger
    if peril(text):
        return Emergency.PERIL
    return _in_english(text) if text.isascii() else None


def _in_english(text: str) -> Emergency | None:
    for danger, pattern in _ENGLISH:
        for found in pattern.finditer(text):
            if not _ENGLISH_NO.search(text[: found.start()]):
                return danger
    return None


def aside(text: str) -> bool:
    """Whether normalised `text` tells of another time or place, of a film or a drill, or that it is over."""
    return bool(_NOT_NOW.search(text) or _OVER.search(text))


def violent(text: str) -> bool:
    """Whether normalised `text` has words of violence that make a quarrel at home urgent."""
    return any(not _NOT_SO.search(_before(text, found.start())) for found in _VIOLENT.finditer(text))


def mood(text: str) -> Mood | None:
    """Returns thanks or anger when normalised `text` says so; anger wins where both are said."""
    angry = _ANGER.search(text) or _ANGER_IN_ENGLISH.search(text)
    if angry or _NO_THANKS.search(text):
        return Mood.ANGER if angry or "全家" in text else None
    return Mood.THANKS if _THANKS.search(text) or _THANKS_IN_ENGLISH.search(text) else None


def _real(text: str, start: int, end: int) -> bool:
    before = _before(text, start)
    if _NOT_SO.search(before) or _NOT_YET.search(before[-12:]) or "差点" in text[start:end]:
        return False
    return not (_ONLY_TALK.match(text[end:]) or _NOT_NOW.search(text[:start]) or _OVER.search(text))


def _before(text: str, start: int) -> str:
    """Returns the clause up to `start`, at most 24 characters."""
    return _CLAUSE.split(text[max(0, start - 24) : start])[-1]
