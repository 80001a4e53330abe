"""What the sample street's mall has: invented, cheap, and of use at home."""

from bot.ledger import Goods, PickUp

_STATIONS = (
    PickUp("柳桥社区服务站", "周一至周五 9:00-17:00"),
    PickUp("街道便民服务中心 2 号窗口", "每天 8:30-16:30"),
)

GOODS = (
    Goods("tissues", "抽纸一提", 600, 200, 5, _STATIONS, "A pack of tissues"),
    Goods("soap", "洗手液一瓶", 720, 120, 5, _STATIONS, "A bottle of hand soap"),
    Goods("salt", "食盐三包", 360, 200, 5, _STATIONS, "Three bags of salt"),
    Goods("torch", "手电筒", 1200, 60, 1, _STATIONS, "A torch"),
    Goods("alarm", "烟雾报警器", 1800, 80, 2, _STATIONS, "A smoke alarm"),
    Goods("rice", "大米 5 公斤", 2400, 50, 2, _STATIONS, "Rice, 5 kg"),
)
