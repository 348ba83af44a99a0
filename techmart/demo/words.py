"""Words that simulated names are made of."""

_PLACES = """
Alder Amber Anchor Apple Ash Aspen Autumn Barley Bay Beacon Birch Blue Bramble Brook Cedar
Chestnut Clay Clear Clover Copper Coral Cotton Crane Crystal Dawn Deer Dover Eagle East Elm
Ember Fair Falcon Fern Field Flint Forest Fox Garden Ginger Glen Gold Grand Granite Green
Harbor Harvest Hazel Heron High Hill Holly Honey Iron Ivory Juniper Lake Lark Laurel Linden
Maple Marble Meadow Mill Mint Moss North Oak Olive Orchard Otter Pearl Pine Plum
"""
_ENDINGS = """
acre bank bell berry bloom borough bourne bridge brook bury by cliff combe cote court crest
croft dale dell den ditch down edge ember end fall fell field ford front garth gate glade
grange grove hall ham haven head hollow holm house hurst land lea leigh ley line lock low marsh
mead mere mill mont moor mouth ness park point port ridge rise run shaw shore side spring stead
stone thorpe ton vale view ville wade water way well wick wood worth
"""
_GIVEN_NAMES = """
Ada Alan Alice Amara Amir Ana Andre Anna Arjun Bella Ben Bianca Carl Carmen Chloe Clara Dana
Daniel David Diego Elena Elin Emma Eric Esther Eva Farah Felix Fiona Frank Grace Hana Hector
Helen Hugo Ida Igor Ines Iris Ivan Jack Jana Jonas Joy Julia Kai Karin Kofi Lara Leo Lena Liam
Lina Lucas Maria Marta Maya Milo Mina Nadia Nils Nina Noah Nora Olga Oscar Paula Pedro Priya
Quinn Rafael Rosa Ruth Sam Sara Sofia Tara Theo Tom Uma Vera Victor Wendy Yara Yusuf Zoe
"""
_FAMILY_NAMES = """
Adams Alvarez Baker Barnes Becker Bennett Brandt Brooks Carter Chen Clark Cohen Cole Cruz Diaz
Dixon Duarte Ellis Evans Fischer Flores Ford Foster Garcia Grant Gray Hall Hansen Harris Hayes
Hughes Ibrahim Jensen Johansson Jones Kaur Keller Kim King Klein Kumar Lang Larsen Lee Lewis
Lopez Marsh Martin Mendez Meyer Miller Moore Morgan Murphy Nakamura Nguyen Novak Okafor Olsen
Ortiz Park Patel Perez Peterson Price Quiroga Ramos Reed Reyes Rivera Rossi Ruiz Santos Schmidt
Shah Silva Singh Stone Suzuki Taylor Torres Turner Vargas Wagner Walker Ward Weber Whitfield
Wong Wood Wright Young Zhang
"""
PLACES = tuple(_PLACES.split())
ENDINGS = tuple(_ENDINGS.split())
GIVEN_NAMES = tuple(_GIVEN_NAMES.split())
FAMILY_NAMES = tuple(_FAMILY_NAMES.split())
TRADES = ("Foods", "Farms", "Trading", "Goods", "Supply", "Brands", "Products", "Wholesale")
# Where simulated frauds order from.
FAR_COUNTRIES = ("BR", "DE", "FR", "GB", "ID", "NG", "PL", "RO", "TR", "VN")
